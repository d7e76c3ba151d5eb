// UTF-8 that comes in pieces, looked at byte by byte and kept nowhere: overlong forms, surrogates
// and what lies beyond U+10FFFF are none (Unicode, table 3-7).

export class Utf8Check {
  /** Bytes that the character under way still wants, and between which the next must lie. */
  #left = 0
  #low = 0x80
  #high = 0xbf

  /** Whether a character has begun and not ended. */
  get isWithin(): boolean {
    return this.#left > 0
  }

  /** False where the text cannot be UTF-8 any more. */
  push(bytes: Uint8Array): boolean {
    const { length } = bytes
    for (let at = 0; at < length; at++) {
      const byte = bytes[at]!
      if (this.#left === 0 && byte < 0x80) continue
      if (!(this.#left === 0 ? this.#begin(byte) : this.#goOn(byte))) return false
    }
    return true
  }

  reset(): void {
    this.#left = 0
  }

  #begin(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false
    this.#left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
    this.#low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80
    this.#high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf
    return true
  }

  #goOn(byte: number): boolean {
    if (byte < this.#low || byte > this.#high) return false
    this.#left--
    this.#low = 0x80
    this.#high = 0xbf
    return true
  }
}
