// Bytes as latin1 text, one character a byte.

interface WithLatin1Slice {
  latin1Slice(start: number, end: number): string
}

/** What `toString('latin1')` comes to, without the 0.1 µs that its choices cost. */
export const latin1Text = (view: Buffer, start: number, end: number): string =>
  (view as unknown as WithLatin1Slice).latin1Slice(start, end)
