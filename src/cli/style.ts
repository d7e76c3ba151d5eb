// Colour, tables and plurals. Colour follows the people who ask (NO_COLOR, FORCE_COLOR), then the
// terminal.
import { stripVTControlCharacters, styleText } from 'node:util'
import type { Output, World } from './world.ts'

export type Tint = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

export type Paint = (tint: Tint, text: string) => string

/** A brush for one of the world's streams; where colour is unwanted it leaves text as it is. */
export function paintFor(output: Output, env: World['env']): Paint {
  if (!wantsColour(output, env)) return (_tint, text) => text
  return (tint, text) => styleText(tint, text, { validateStream: false })
}

export function wantsColour(output: Output, env: World['env']): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = env
  if (no !== undefined && no !== '') return false
  if (force !== undefined) return force !== '0' && force !== 'false'
  return output.isTTY === true && term !== 'dumb'
}

/** Columns as wide as their widest cell, two spaces between; the last one is never padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, plainWidth(cell))
  }
  return rows
    .map((row) => row.map((cell, i) => cell + padding(cell, widths[i]!)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

export const plainWidth = (text: string): number => stripVTControlCharacters(text).length

/** Cut at a width; what colours it stays, so that it ends as it should. */
export function clipped(text: string, width: number): string {
  if (plainWidth(text) <= width) return text
  let left = width
  // Of control characters only ESC stands in what a brush has painted.
  return text.replaceAll(/\p{Cc}\[[\d;]*m|[^]/gu, (one) =>
    one.length > 2 ? one : left-- > 0 ? one : '',
  )
}

const padding = (cell: string, width: number): string => ' '.repeat(width - plainWidth(cell))

/** `1 error`, `2 errors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
