// A piece of a body as bytes, for those who read bodies as they stream by.
import type { Piece } from './stream.ts'

export function bytesOf(piece: Piece): Uint8Array {
  if (typeof piece !== 'string') return piece
  const bytes = new Uint8Array(piece.length)
  for (let i = 0; i < piece.length; i++) bytes[i] = piece.charCodeAt(i)
  return bytes
}
