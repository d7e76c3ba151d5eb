// Reads replies of HTTP/1.1 one after the other, in whatever pieces they come; knows no request, so it
// is for methods whose replies have bodies. Throws where the bytes are no reply.
//
//   head ─▶ length ─────────────────────────────▶ head
//     └───▶ size ─▶ chunk ─▶ size … ─▶ trailer ─▶ head

export interface ReplyHead {
  readonly status: number
  /** By lower-case name; the last of several. */
  readonly fields: ReadonlyMap<string, string>
}

interface Sink {
  readonly body: (piece: Buffer) => void
  /** The reply is here to its end. */
  readonly whole: (head: ReplyHead) => void
}

type At = 'head' | 'length' | 'size' | 'chunk' | 'trailer'

export class ReplyReader {
  readonly #sink: Sink
  #at: At = 'head'
  #held: Buffer = Buffer.alloc(0)
  #head: ReplyHead = { status: 0, fields: new Map() }
  #leftBytes = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  push(data: Buffer): void {
    this.#held = this.#held.length === 0 ? data : Buffer.concat([this.#held, data])
    while (this.#held.length > 0 && this.#step());
  }

  /** False where more bytes are needed. */
  #step(): boolean {
    switch (this.#at) {
      case 'head':
        return this.#upTo('\r\n\r\n', (text) => this.#begin(text))
      case 'length':
        return this.#some(() => this.#end())
      case 'size':
        return this.#upTo('\r\n', (text) => this.#size(text))
      case 'chunk':
        return this.#some(() => this.#afterChunk())
      case 'trailer':
        return this.#upTo('\r\n', (text) => text === '' && this.#end())
    }
  }

  #upTo(mark: string, take: (text: string) => void): boolean {
    const at = this.#held.indexOf(mark)
    if (at === -1) return false
    const text = this.#held.toString('latin1', 0, at)
    this.#held = this.#held.subarray(at + mark.length)
    take(text)
    return true
  }

  #some(whenAll: () => boolean | void): boolean {
    const piece = this.#held.subarray(0, this.#leftBytes)
    this.#held = this.#held.subarray(piece.length)
    this.#leftBytes -= piece.length
    if (piece.length > 0) this.#sink.body(piece)
    return this.#leftBytes > 0 || whenAll() !== false
  }

  #begin(text: string): void {
    const [first = '', ...lines] = text.split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1])
    if (Number.isNaN(status)) throw new Error(`no status line: ${first.slice(0, 60)}`)
    const fields = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    // An interim reply is followed by the one that counts.
    if (status < 200) return
    this.#head = { status, fields }
    if (fields.get('transfer-encoding') === 'chunked') this.#at = 'size'
    else this.#expect(status === 204 || status === 304 ? 0 : Number(fields.get('content-length')))
  }

  #expect(bytes: number): void {
    if (!Number.isInteger(bytes)) throw new Error('a reply without a length')
    this.#leftBytes = bytes
    this.#at = 'length'
    if (bytes === 0) this.#end()
  }

  #size(text: string): void {
    this.#leftBytes = Number.parseInt(text, 16)
    if (Number.isNaN(this.#leftBytes)) throw new Error(`no chunk size: ${text.slice(0, 60)}`)
    this.#at = this.#leftBytes === 0 ? 'trailer' : 'chunk'
  }

  #afterChunk(): boolean {
    if (this.#held.length < 2) return false
    this.#held = this.#held.subarray(2)
    this.#at = 'size'
    return true
  }

  #end(): void {
    this.#at = 'head'
    this.#sink.whole(this.#head)
  }
}
