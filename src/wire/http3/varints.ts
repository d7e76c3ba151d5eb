// Integers of variable length (RFC 9000 §16): the first two bits say how many bytes there are.

/** How many bytes the integer has that begins with this byte. */
export const varintBytes = (first: number): number => 1 << (first >> 6)

/** The integer at `at`, which is there whole. Above 2^53 it is not exact: nothing here is so large. */
export function varintAt(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  switch (first >> 6) {
    case 0:
      return first
    case 1:
      return bytes.readUInt16BE(at) & 0x3fff
    case 2:
      return bytes.readUInt32BE(at) & 0x3fffffff
    default:
      return (bytes.readUInt32BE(at) & 0x3fffffff) * 2 ** 32 + bytes.readUInt32BE(at + 4)
  }
}

/** An integer below 2^53, as latin1 text. */
export function varint(value: number): string {
  if (value < 0x40) return String.fromCharCode(value)
  if (value < 0x4000) return String.fromCharCode(0x40 | (value >> 8), value & 0xff)
  const bytes = Buffer.alloc(8)
  if (value < 0x40000000) {
    bytes.writeUInt32BE(value + 0x80000000)
    return bytes.toString('latin1', 0, 4)
  }
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32) + 0xc0000000)
  bytes.writeUInt32BE(value % 2 ** 32, 4)
  return bytes.toString('latin1', 0, 8)
}
