// A connection of HTTP/3 without a network: what it is told, what it says, and who serves it.
import type { Refusal } from '../../base.ts'
import { defaultLimits, type Limits, manualClock } from '../../base.ts'
import type { Stream, StreamEvents } from '../../http.ts'
import type { QuicConnection } from '../quic.ts'
import { Sweeper } from '../sweeper.ts'
import { Http3Connection } from './http3-connection.ts'
import { encodeField } from './qpack.ts'
import { varint, varintAt, varintBytes } from './varints.ts'
import { FieldLines } from '../http2/field-lines.ts'
import { decodeSection } from './qpack.ts'

/** One exchange as its server sees it. */
export interface Served {
  readonly stream: Stream
  readonly refusal: Refusal | undefined
  body: string
  trailers: readonly string[] | undefined
  broken: Refusal | undefined
  gone: string | undefined
  writable: number
}

export interface Frame {
  readonly type: number
  readonly payload: Buffer
}

export class FakeQuic implements QuicConnection {
  readonly peer = { address: '192.0.2.1', port: 4000, isSecure: true, memo: undefined }
  queuedBytes = 0
  sentBytes = 0
  hasRoom = true
  isHeld = false
  readonly sent = new Map<number, Buffer[]>()
  readonly ended = new Set<number>()
  readonly resets = new Map<number, number>()
  closed: { code: number; reason: string } | undefined

  send(stream: number, bytes: Buffer, isLast: boolean): boolean {
    const sent = this.sent.get(stream) ?? []
    sent.push(Buffer.from(bytes))
    this.sent.set(stream, sent)
    if (isLast) this.ended.add(stream)
    return this.hasRoom
  }

  reset(stream: number, code: number): void {
    this.resets.set(stream, code)
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason }
  }

  finish(code: number): void {
    this.close(code, '')
  }

  hold(isHeld: boolean): void {
    this.isHeld = isHeld
  }

  /** Undefined while it stands. */
  get code(): number | undefined {
    return this.closed?.code
  }

  /** The frames that were sent on the stream of a request. */
  frames(stream: number): Frame[] {
    return framesIn(Buffer.concat(this.sent.get(stream) ?? []))
  }
}

export function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  let at = 0
  const next = (): number => {
    const value = varintAt(bytes, at)
    at += varintBytes(bytes[at]!)
    return value
  }
  while (at < bytes.length) {
    const type = next()
    const length = next()
    frames.push({ type, payload: bytes.subarray(at, (at += length)) })
  }
  return frames
}

/** Status and lines of a section. */
export function sectionIn(payload: Buffer): { status: string | undefined; text: string } {
  const lines = new FieldLines()
  lines.begin(64 * 1024, 200)
  decodeSection(payload, lines)
  return { status: lines.status, text: lines.text }
}

export const frame = (type: number, payload: string | Buffer): Buffer => {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload
  return Buffer.concat([Buffer.from(varint(type) + varint(bytes.length), 'latin1'), bytes])
}

export const section = (...fields: (readonly [name: string, value: string])[]): Buffer =>
  Buffer.from(`\0\0${fields.map(([name, value]) => encodeField(name, value)).join('')}`, 'latin1')

export const head = (method: string, path: string, ...more: [string, string][]): Buffer =>
  frame(
    1,
    section(
      [':method', method],
      [':scheme', 'https'],
      [':authority', 'api.test'],
      [':path', path],
      ...more,
    ),
  )

export function opened(limits: Partial<Limits> = {}) {
  const clock = manualClock()
  const quic = new FakeQuic()
  const served: Served[] = []
  const bugs: unknown[] = []
  const take = (stream: Stream, refusal?: Refusal) => served.push(serve(stream, refusal))
  const connection = new Http3Connection(
    {
      sweeper: new Sweeper(clock, (error) => bugs.push(error)),
      limits: () => ({ ...defaultLimits, ...limits }),
      exchange: take,
      malformed: take,
      bug: (error) => bugs.push(error),
    },
    quic,
  )
  connection.opened()
  return { clock, quic, served, bugs, connection }
}

function serve(stream: Stream, refusal: Refusal | undefined): Served {
  const one: Served = {
    stream,
    refusal,
    body: '',
    trailers: undefined,
    broken: undefined,
    gone: undefined,
    writable: 0,
  }
  const events: StreamEvents = {
    requestPiece: (piece) => void (one.body += piece.toString('latin1')),
    requestEnded: (trailers) => void (one.trailers = trailers),
    requestBroken: (broken) => void (one.broken = broken),
    clientWritable: () => void one.writable++,
    clientGone: (fault, reason) => void (one.gone = `${fault} ${reason}`),
  }
  stream.attach(events)
  return one
}
