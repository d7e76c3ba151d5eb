// Finds the duplicate key in a text that is known to be JSON and to hold one. Slow beside the
// native parser, so it runs only once the counts have told that there is something to find.

/** Looking further would take longer than reading the body did, only to say where. */
const keysMax = 10_000

/** Byte of the opening quote of the first key that its object has already, if it comes early. */
export function duplicateKey(bytes: Uint8Array): number | undefined {
  const open: (Set<string> | undefined)[] = []
  let keyNext = false
  let keys = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === 0x22) {
      const end = closingQuote(bytes, at + 1)
      const seen = open.at(-1)
      if (keyNext && seen !== undefined) {
        const key = textOf(bytes.subarray(at, end + 1))
        if (seen.has(key)) return at
        if (++keys > keysMax) return undefined
        seen.add(key)
      }
      keyNext = false
      at = end
    } else if (byte === 0x7b || byte === 0x5b) {
      open.push(byte === 0x7b ? new Set() : undefined)
      keyNext = true
    } else if (byte === 0x7d || byte === 0x5d) open.pop()
    else if (byte === 0x2c) keyNext = true
  }
  return undefined
}

function closingQuote(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1
  return at
}

const utf8 = new TextDecoder()

const textOf = (quoted: Uint8Array): string => {
  const key: unknown = JSON.parse(utf8.decode(quoted))
  return String(key)
}
