// A screen kept up to date: of each frame only the lines that changed are written, in one write,
// so nothing flickers and a slow link has little to carry.
import type { Terminal } from './terminal.ts'

// The terminal shows all of an update at once where it knows this mode, and else ignores it.
const updateBegins = '\u001B[?2026h'
const updateEnds = '\u001B[?2026l'
const clearAll = '\u001B[2J'
const clearRest = '\u001B[K'

const goTo = (line: number): string => `\u001B[${line + 1};1H`

/** What leads from one frame to the next; empty where nothing changed. */
export function frameText(before: readonly string[] | undefined, now: readonly string[]): string {
  const length = Math.max(now.length, before?.length ?? 0)
  let text = before === undefined ? clearAll : ''
  for (let line = 0; line < length; line++) {
    const wanted = now[line] ?? ''
    if (wanted !== (before?.[line] ?? '')) text += goTo(line) + wanted + clearRest
  }
  return text === '' ? '' : updateBegins + text + updateEnds
}

export class Screen {
  readonly #terminal: Terminal
  #shown: readonly string[] | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  show(lines: readonly string[]): void {
    const text = frameText(this.#shown, lines)
    this.#shown = lines
    if (text !== '') this.#terminal.write(text)
  }

  /** Another size: what stands on it is anybody's guess. */
  forget(): void {
    this.#shown = undefined
  }
}
