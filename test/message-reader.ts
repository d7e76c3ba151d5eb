// Messages of HTTP/1.1 one after the other, requests or replies, out of text that comes in any pieces.
import assert from 'node:assert/strict'

/** How a body ends: after so many bytes, with its last chunk, or with the connection. */
export type BodyEnd = number | 'chunks' | 'close'

export interface MessageEvents {
  /** Gives how the body ends. */
  head(text: string): BodyEnd
  data(text: string): void
  ended(): void
}

export class MessageReader {
  readonly #events: MessageEvents
  #pending = ''
  #at: 'head' | 'sized' | 'size' | 'chunk' | 'chunkEnd' | 'trailers' | 'close' = 'head'
  #leftBytes = 0

  constructor(events: MessageEvents) {
    this.#events = events
  }

  push(text: string): void {
    this.#pending += text
    while (this.#pending !== '' && this.#step());
  }

  /** The connection has ended as it should. */
  end(): void {
    if (this.#at !== 'close') return
    this.#at = 'head'
    this.#events.ended()
  }

  /** False where more must come. */
  #step(): boolean {
    switch (this.#at) {
      case 'head':
        return this.#upTo('\r\n\r\n', (text) => this.#begin(this.#events.head(text)))
      case 'sized':
        return this.#some(() => this.#whole())
      case 'size':
        return this.#upTo('\r\n', (text) => this.#beginChunk(Number.parseInt(text, 16)))
      case 'chunk':
        return this.#some(() => (this.#at = 'chunkEnd'))
      case 'chunkEnd':
        return this.#upTo('\r\n', (text) => {
          assert.equal(text, '')
          this.#at = 'size'
        })
      case 'trailers':
        return this.#upTo('\r\n', (text) => text === '' && this.#whole())
      case 'close':
        this.#events.data(this.#pending)
        this.#pending = ''
        return false
    }
  }

  #begin(end: BodyEnd): void {
    this.#at = typeof end === 'number' ? 'sized' : end === 'chunks' ? 'size' : 'close'
    this.#leftBytes = typeof end === 'number' ? end : 0
    if (end === 0) this.#whole()
  }

  #beginChunk(bytes: number): void {
    this.#leftBytes = bytes
    this.#at = bytes === 0 ? 'trailers' : 'chunk'
  }

  #whole(): void {
    this.#at = 'head'
    this.#events.ended()
  }

  #upTo(mark: string, take: (text: string) => unknown): boolean {
    const at = this.#pending.indexOf(mark)
    if (at < 0) return false
    const text = this.#pending.slice(0, at)
    this.#pending = this.#pending.slice(at + mark.length)
    take(text)
    return true
  }

  #some(done: () => unknown): boolean {
    const text = this.#pending.slice(0, this.#leftBytes)
    this.#pending = this.#pending.slice(text.length)
    this.#leftBytes -= text.length
    this.#events.data(text)
    if (this.#leftBytes > 0) return false
    done()
    return true
  }
}

/** As the fields of a head say, where its message may have a body. */
export function bodyEndOf(head: string, without: BodyEnd): BodyEnd {
  if (/^transfer-encoding: chunked$/im.test(head)) return 'chunks'
  const length = /^content-length: (\d+)$/im.exec(head)?.[1]
  return length === undefined ? without : Number(length)
}
