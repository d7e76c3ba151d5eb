// A client's connection that keeps account of how it is treated: every reply is read to its end, and
// an end of the connection that no reply announced is a loss.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ReplyHead, ReplyReader } from './reply-reader.ts'
import { roomIn } from './room.ts'

export interface Reply extends ReplyHead {
  /** Empty where the body was handed on piece by piece. */
  readonly body: Buffer
}

export interface ClientOptions {
  readonly port: number
  readonly localAddress?: string
  /** What goes before the first request, such as a PROXY header. */
  readonly first?: string
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
  readonly take: (piece: Buffer) => void
}

export class Client {
  /** `announced`: by `Connection: close` in the last reply. */
  state: 'open' | 'announced' | 'lost' | 'closed' = 'open'
  readonly localPort: number
  readonly #socket: Socket
  readonly #reader: ReplyReader
  #waiting: Waiting | undefined
  #failure = 'it ended'

  constructor(socket: Socket) {
    this.#socket = socket
    this.localPort = socket.localPort ?? 0
    this.#reader = new ReplyReader({
      body: (piece) => this.#waiting?.take(piece),
      whole: (head) => this.#whole(head),
    })
    socket.on('data', (data: Buffer) => this.#receive(data))
    socket.on('error', (error) => {
      this.#failure = error.message
    })
    socket.on('end', () => this.#ended())
    socket.on('close', () => this.#ended())
  }

  static async connect({ port, localAddress, first }: ClientOptions): Promise<Client> {
    const address = localAddress === undefined ? {} : { localAddress }
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...address })
    await once(socket, 'connect')
    if (first !== undefined) socket.write(first)
    return new Client(socket)
  }

  /** Sends a request, or its beginning; `take` gets the pieces of a body that is not to be held. */
  ask(bytes: string | Buffer, take?: (piece: Buffer) => void): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.state !== 'open') return reject(new Error(`the connection is ${this.state}`))
      const pieces: Buffer[] = []
      this.#waiting = {
        resolve: (reply) => resolve({ ...reply, body: Buffer.concat(pieces) }),
        reject,
        take: take ?? ((piece) => void pieces.push(Buffer.from(piece))),
      }
      this.#socket.write(bytes)
    })
  }

  /** More of the request; waits until there is room for the next. */
  async send(bytes: Buffer): Promise<void> {
    if (!this.#socket.destroyed && !this.#socket.write(bytes)) await roomIn(this.#socket)
  }

  /** Reads no further until `resume`. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    if (this.state === 'open') this.state = 'closed'
    this.#socket.destroy()
  }

  #receive(data: Buffer): void {
    try {
      this.#reader.push(data)
    } catch (error) {
      this.#failure = (error as Error).message
      this.#socket.destroy()
    }
  }

  #whole(head: ReplyHead): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (head.fields.get('connection')?.toLowerCase() === 'close') this.state = 'announced'
    if (waiting === undefined) throw new Error('a reply came that nobody asked for')
    waiting.resolve({ ...head, body: Buffer.alloc(0) })
  }

  #ended(): void {
    if (this.state === 'open') this.state = 'lost'
    this.#waiting?.reject(new Error(`the connection is lost: ${this.#failure}`))
    this.#waiting = undefined
    this.#socket.destroy()
  }
}

/** A whole request as text. */
export function request(line: string, fields: readonly string[] = [], body = ''): string {
  return `${[`${line} HTTP/1.1`, 'Host: api.test', ...fields].join('\r\n')}\r\n\r\n${body}`
}

export function postJson(path: string, value: object): string {
  const body = JSON.stringify(value)
  const fields = ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]
  return request(`POST ${path}`, fields, body)
}

/** One chunk of a body that is sent in chunks; an empty one is its end. */
export const chunkOf = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
