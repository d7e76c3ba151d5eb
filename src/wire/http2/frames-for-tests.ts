// A client of HTTP/2 that says whatever it is told to, frame by frame, to a connection without a
// socket, and what it hears. For tests of what a server makes of it.
import {
  defaultLimits,
  type Limits,
  type ManualClock,
  manualClock,
  type Refusal,
} from '../../base.ts'
import type { Piece, Stream } from '../../http.ts'
import type { ByteStream } from '../bytes.ts'
import { Sweeper } from '../sweeper.ts'
import { FieldLines } from './field-lines.ts'
import {
  errorCode,
  frameHead,
  frameType,
  preface,
  settingsFrame,
  uint31At,
  uint32At,
} from './frames.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import { encodeField } from './hpack-encoder.ts'
import { type Http2ServerConnection, openHttp2 } from './server-connection.ts'

export type Fields = readonly (readonly [name: string, value: string])[]

/** Fields as a block: literals, as they stand. */
export const blockOf = (fields: Fields): string =>
  fields.map(([name, value]) => encodeField(name, value)).join('')

export const get: Fields = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'a'],
  [':path', '/'],
]

export const post: Fields = [[':method', 'POST'], ...get.slice(1)]

export const endStream = 0x1
export const endHeaders = 0x4

export const frame = (
  type: keyof typeof frameType,
  flags: number,
  id: number,
  payload = '',
): string => frameHead(payload.length, frameType[type], flags, id) + payload

export const headers = (id: number, fields: Fields = get, flags = endStream | endHeaders): string =>
  frame('headers', flags, id, blockOf(fields))

export const opening = preface + settingsFrame([])

export const uint32 = (value: number): string =>
  String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)

const codeNames = Object.fromEntries(Object.entries(errorCode).map(([name, code]) => [code, name]))
const typeNames = Object.fromEntries(Object.entries(frameType).map(([name, type]) => [type, name]))

/** A frame in words, as in `headers 1 200 end`, or `goaway 1 protocolError`. */
export class FrameTeller {
  readonly #decoder = new HpackDecoder()
  readonly #lines = new FieldLines()
  readonly bodies = new Map<number, string>()
  #pending = ''

  tell(written: string): string[] {
    const said: string[] = []
    const view = Buffer.from(this.#pending + written, 'latin1')
    let at = 0
    while (at + 9 <= view.length) {
      const end = at + 9 + ((view[at]! << 16) | (view[at + 1]! << 8) | view[at + 2]!)
      if (view.length < end) break
      said.push(this.#words(view.subarray(at, end)))
      at = end
    }
    this.#pending = view.toString('latin1', at)
    return said
  }

  #words(view: Buffer): string {
    const type = typeNames[view[3]!]!
    const flags = view[4]!
    const id = uint31At(view, 5)
    const ends = (flags & endStream) === 0 ? '' : ' end'
    switch (type) {
      case 'headers': {
        this.#lines.begin(1e6, 1e6)
        if (!this.#decoder.decode(view, 9, view.length, this.#lines)) return 'headers broken'
        return `headers ${id} ${this.#lines.status ?? this.#lines.text.trim()}${ends}`
      }
      case 'data':
        this.bodies.set(id, (this.bodies.get(id) ?? '') + view.toString('latin1', 9))
        return `data ${id} ${view.length - 9}${ends}`
      case 'rstStream':
        return `rstStream ${id} ${codeNames[uint32At(view, 9)]}`
      case 'goaway':
        return `goaway ${uint31At(view, 9)} ${codeNames[uint32At(view, 13)]}`
      case 'windowUpdate':
        return `windowUpdate ${id} ${uint31At(view, 9)}`
      case 'settings':
      case 'ping':
        return `${type}${ends === '' ? '' : ' ack'}`
      default:
        return `${type} ${id}`
    }
  }
}

/** One request as it was understood, and what became of it. */
export interface Heard {
  readonly stream: Stream
  body: string
  trailers: readonly string[] | undefined
  gone: string | undefined
  broken: Refusal | undefined
  writables: number
}

const readBytes = 64 * 1024
/** What lies behind a read must not be read. */
const buffer = Buffer.alloc(readBytes + 64)

/** A server's connection without a socket. */
export class Peer {
  readonly clock: ManualClock = manualClock(1_000)
  readonly connection: Http2ServerConnection
  readonly heard: Heard[] = []
  readonly malformed: string[] = []
  readonly bugs: unknown[] = []
  /** What the socket was told: `finish`, `destroy`, `reset`, and that it was left. */
  readonly calls: string[] = []
  readonly teller = new FrameTeller()
  /** What the socket says of itself, for tests to set. */
  readonly socket = { full: false, queuedBytes: 0, sentBytes: 0 }
  #written = ''
  readonly #serve: (heard: Heard) => void

  constructor(serve: (heard: Heard) => void = answer, limits: Limits = defaultLimits) {
    this.#serve = serve
    const sweeper = new Sweeper(this.clock, (error) => this.bugs.push(error))
    const tools = {
      clock: this.clock,
      sweeper,
      limits,
      owner: {
        exchange: (stream: Stream) => this.#exchange(stream),
        malformed: (stream: Stream, refusal: Refusal) => {
          this.malformed.push(refusal.reason ?? refusal.code)
          stream.attach(this.#eventsOf(this.#newHeard(stream)))
          reply(stream, refusal.code === 'HEADERS_TOO_LARGE' ? '431' : '400')
        },
        bug: (error: unknown) => this.bugs.push(error),
        left: () => this.calls.push('left'),
      },
    }
    const peer = { address: '127.0.0.1', port: 1, memo: undefined }
    this.connection = openHttp2(this.#socket(), peer, tools)
  }

  #socket(): ByteStream {
    const write = (piece: Piece) => {
      this.#written += typeof piece === 'string' ? piece : piece.toString('latin1')
      return !this.socket.full
    }
    const calls: Partial<ByteStream> = {
      open: true,
      write,
      writeSoon: write,
      writePiece: write,
      writeFilled(length, fill) {
        const filled = Buffer.alloc(length)
        fill(filled)
        return write(filled)
      },
      flush() {},
      finish: () => this.calls.push('finish'),
      destroy: () => this.#close('destroy'),
      reset: () => this.#close('reset'),
    }
    return Object.assign(this.socket, calls) as ByteStream
  }

  #close(how: string): void {
    if (this.calls.includes('left')) return
    this.calls.push(how)
    this.connection.closed(undefined)
  }

  #newHeard(stream: Stream): Heard {
    const heard: Heard = {
      stream,
      body: '',
      trailers: undefined,
      gone: undefined,
      broken: undefined,
      writables: 0,
    }
    this.heard.push(heard)
    return heard
  }

  #eventsOf(heard: Heard) {
    return {
      requestPiece(piece: Piece) {
        heard.body += typeof piece === 'string' ? piece : piece.toString('latin1')
      },
      requestEnded(trailers: readonly string[]) {
        heard.trailers = trailers
      },
      requestBroken(refusal: Refusal) {
        heard.broken = refusal
      },
      clientWritable() {
        heard.writables++
      },
      clientGone(fault: string, reason: string) {
        heard.gone = `${fault}: ${reason}`
      },
    }
  }

  #exchange(stream: Stream): void {
    const heard = this.#newHeard(stream)
    stream.attach(this.#eventsOf(heard))
    this.#serve(heard)
  }

  /** Sends bytes, in parts of `step` where that is given, as reads into one buffer come. */
  says(bytes: string, step = Infinity): this {
    for (let at = 0; at < bytes.length;) {
      const length = Math.min(step, readBytes, bytes.length - at)
      buffer.fill(0xff, 0, length + 64)
      buffer.write(bytes.slice(at, at + length), 'latin1')
      try {
        this.connection.bytes(buffer, length)
      } catch (error) {
        this.connection.threw(error)
      }
      at += length
    }
    return this
  }

  /** What was written since the last time, in words. */
  hears(): string[] {
    const written = this.#written
    this.#written = ''
    return this.teller.tell(written)
  }

  /** Past the opening of both sides. */
  begins(): this {
    this.says(opening)
    this.hears()
    return this
  }
}

export function reply(stream: Stream, status = '200', body = ''): void {
  stream.sendHead(`${status} X`, `Content-Length: ${body.length}\r\n`, body.length)
  if (body !== '') stream.sendPiece(body)
  stream.sendEnd([])
}

/** Takes the body, and answers whatever came. */
export function answer({ stream }: Heard): void {
  stream.readBody()
  reply(stream)
}
