// The whole screen of a terminal and the keys of its keyboard, for as long as a command needs them.
// Whatever ends the process, the screen that was there before comes back.
import process from 'node:process'

export interface Terminal {
  size(): { readonly columns: number; readonly rows: number }
  write(text: string): void
  /** Takes the screen; the function given back returns it as it was. */
  open(hears: TerminalEvents): () => void
}

export interface TerminalEvents {
  /** One key: a character, or the sequence that it sends. */
  key(key: string): void
  resized(): void
}

// The other screen, no cursor, and lines that are cut at the edge where they would wrap.
const takeScreen = '\u001B[?1049h\u001B[?25l\u001B[?7l'
const returnScreen = '\u001B[?7h\u001B[?25h\u001B[?1049l'

// Of control characters only ESC begins such a sequence.
const aKey = /\p{Cc}(?:\[[\d;]*[A-Za-z~]|O[A-Z])|[^]/gu

/** What was pressed: several keys may come at once. */
export const keysIn = (text: string): readonly string[] => text.match(aKey) ?? []

/** Of these a process dies without a word to anybody, if nobody listens. */
const deadly = ['SIGHUP', 'SIGQUIT'] as const

/** That of this process; undefined where it writes to something else, or to one that cannot. */
export function processTerminal(): Terminal | undefined {
  const { env, stdin, stdout } = process
  if (!stdout.isTTY || env['TERM'] === 'dumb') return undefined
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    write: (text) => stdout.write(text),
    open(hears) {
      const onKeys = (text: string) => keysIn(text).forEach((key) => hears.key(key))
      const onResize = () => hears.resized()
      const killed = (signal: NodeJS.Signals) => {
        leave()
        process.kill(process.pid, signal)
      }
      let taken = true
      const leave = () => {
        if (!taken) return
        taken = false
        stdout.off('resize', onResize).write(returnScreen)
        if (stdin.isTTY) stdin.off('data', onKeys).setRawMode(false).pause()
        process.off('exit', leave).off('uncaughtExceptionMonitor', leave)
        for (const signal of deadly) process.off(signal, killed)
      }
      process.on('exit', leave)
      // Before the reason is printed: on the other screen nobody would read it.
      process.on('uncaughtExceptionMonitor', leave)
      for (const signal of deadly) process.on(signal, killed)
      stdout.on('resize', onResize)
      stdout.write(takeScreen)
      if (stdin.isTTY) stdin.setEncoding('utf8').setRawMode(true).on('data', onKeys).resume()
      return leave
    },
  }
}
