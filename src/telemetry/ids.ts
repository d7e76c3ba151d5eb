// Request ids: 32 hex digits, so that they also serve as W3C trace ids.

/** Gives this many bytes from a secure source, such as `crypto.randomBytes`. */
export type RandomBytes = (size: number) => Uint8Array

const idBytes = 16
const idDigits = idBytes * 2
// Asking once for 64 ids costs 70 ns an id, asking for each 1,800. Larger batches gain little, and an
// id that is kept keeps the digits of its whole batch in memory.
const batchIds = 64

/** Makes a source of request ids. */
export function createIds(randomBytes: RandomBytes): () => string {
  let digits = ''
  let at = 0
  return () => {
    if (at === digits.length) {
      digits = randomBytes(batchIds * idBytes).toHex()
      at = 0
    }
    at += idDigits
    return digits.slice(at - idDigits, at)
  }
}

const acceptable = /^[A-Za-z0-9._-]{1,128}$/

/** Whether an id from a trusted hop may be taken over: nothing that a log or a header could trip on. */
export function acceptableId(text: string): boolean {
  return acceptable.test(text)
}
