// Bytes of one field or item, gathered from the pieces of a body. They grow in place: a list of
// pieces would let a client that sends single bytes cost us an object for each of them.

const bytesAtFirst = 256

export class Gathered {
  #bytes: Uint8Array = none
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Bytes that it takes, whatever is in them. */
  get capacity(): number {
    return this.#bytes.length
  }

  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#bytes.length) this.#grow(length)
    this.#bytes.set(bytes, this.#length)
    this.#length = length
  }

  /** All of them, valid until more are added; whoever takes them begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    return taken
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.max(bytesAtFirst, length, 2 * this.#bytes.length))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

const none = new Uint8Array(0)
