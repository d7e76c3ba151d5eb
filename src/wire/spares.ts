// Memory that large pieces are copied to while they are written, or wait for that; mostly one serves
// for everything. A new Buffer for each piece, with its page faults and its garbage, took 1.7 s of
// CPU a GiB in place of 1.0, and 150 µs a reply of 64 kB in place of 55: what lies outside the heap
// drives the collector to walk the whole of it.

/** The most that is read at once, and so a piece's size. */
export const readBytes = 64 * 1024
/** The same of a socket that has much to say. */
export const bulkBytes = 256 * 1024

/** What a protocol may put around a piece, between the frames that it makes of it. */
const framingBytes = 1024

interface Size {
  readonly bytes: number
  readonly free: ArrayBuffer[]
}

const sizes: readonly Size[] = [16 * 1024, readBytes, bulkBytes].map((bytes) => ({
  bytes: bytes + framingBytes,
  free: [],
}))

/** Of each size so much is kept while nobody needs it. */
const freeBytesMax = 4 * 1024 * 1024

/** Smaller ones cost less made anew. */
const smallBytes = 4 * 1024

/** Those that are given out. */
const lent = new WeakSet<ArrayBufferLike>()

/** So many bytes, of no known content. */
export function spareFor(length: number): Buffer {
  const size = sizes.find(({ bytes }) => length <= bytes)
  if (size === undefined || length <= smallBytes) return Buffer.allocUnsafe(length)
  const memory = size.free.pop() ?? (Buffer.allocUnsafeSlow(size.bytes).buffer as ArrayBuffer)
  lent.add(memory)
  return Buffer.from(memory, 0, length)
}

/** A copy of a piece. */
export function spareCopy(piece: Uint8Array): Buffer {
  const copy = spareFor(piece.length)
  copy.set(piece)
  return copy
}

/** Nobody looks at it any more. Whatever did not come from here stays as it is. */
export function giveBack(spare: Buffer): void {
  const { buffer } = spare
  if (!lent.delete(buffer)) return
  const size = sizes.find(({ bytes }) => bytes === buffer.byteLength)
  if (size === undefined || (size.free.length + 1) * size.bytes > freeBytesMax) return
  size.free.push(buffer as ArrayBuffer)
}
