// The head of a message as text, without what follows it where that is long.

import { latin1Text } from './latin1.ts'

/** What a head and a small body have together. */
const wholeBytesMax = 2_048

const emptyLine = Buffer.from('\r\n\r\n')

/**
 * Latin1 text from `at` on, at most `headBytesMax` and the empty line behind it. A short rest is
 * taken whole, with one look for the end of the head instead of two; a long one only up to there.
 */
export function headText(view: Buffer, at: number, length: number, headBytesMax: number): string {
  const boundEnd = Math.min(length, at + headBytesMax + 4)
  if (boundEnd - at <= wholeBytesMax) return latin1Text(view, at, boundEnd)
  const found = view.indexOf(emptyLine, at)
  return latin1Text(view, at, found < 0 ? boundEnd : Math.min(boundEnd, found + 4))
}
