// One gRPC call on an HTTP/2 stream: requests in, replies out, one status at the end. Messages are
// JSON on this side: the descriptors of the method say how they look in bytes.
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import {
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { lagBytesMax } from './events.ts'

export const statuses = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

export interface Outcome {
  readonly status: keyof typeof statuses
  readonly message: string
}

export const ok: Outcome = { status: 'OK', message: '' }

/** What the client sent is no gRPC message of this method. */
export class Malformed extends Error {
  readonly outcome: Outcome

  constructor(status: Outcome['status'], message: string) {
    super(message)
    this.outcome = { status, message }
  }
}

const messageBytesMax = 64 * 1024

export class GrpcCall {
  readonly #stream: ServerHttp2Stream
  readonly #method: DescMethod
  readonly #ended = Promise.withResolvers<Outcome>()
  #hasEnded = false

  constructor(stream: ServerHttp2Stream, method: DescMethod, headers: IncomingHttpHeaders) {
    this.#stream = stream
    this.#method = method
    stream.on('close', () => this.#settle(ok))
    const deadlineMs = timeoutMs(headers['grpc-timeout'])
    if (deadlineMs === undefined) return
    const late = { status: 'DEADLINE_EXCEEDED', message: 'The deadline has passed.' } as const
    const timer = setTimeout(() => this.end(late), deadlineMs)
    stream.on('close', () => clearTimeout(timer))
  }

  /** Once either side has ended it. */
  get ended(): Promise<Outcome> {
    return this.#ended.promise
  }

  async *requests(): AsyncGenerator<JsonValue> {
    const { input } = this.#method
    let unread: Buffer = Buffer.alloc(0)
    // Whoever has read enough still has a status to send.
    const chunks = this.#stream.iterator({ destroyOnReturn: false })
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
      for (let size = sizeOf(unread); size !== undefined; size = sizeOf(unread)) {
        const bytes = unread.subarray(5, 5 + size)
        unread = unread.subarray(5 + size)
        yield decoded(() => toJson(input, fromBinary(input, bytes), { alwaysEmitImplicit: true }))
      }
    }
    if (unread.length > 0) throw new Malformed('INVALID_ARGUMENT', 'The last message is cut off.')
  }

  send(reply: JsonValue): void {
    if (this.#hasEnded) return
    const { output } = this.#method
    const message = toBinary(output, fromJson(output, reply))
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(message.length, 1)
    this.#begin()
    this.#stream.write(Buffer.concat([prefix, message]))
    if (this.#stream.writableLength > lagBytesMax) this.#stream.destroy()
  }

  end(outcome: Outcome): void {
    if (this.#hasEnded) return
    this.#settle(outcome)
    if (this.#stream.destroyed) return
    this.#begin()
    this.#stream.once('wantTrailers', () => {
      this.#stream.sendTrailers({
        'grpc-status': statuses[outcome.status],
        'grpc-message': percentEncoded(outcome.message),
      })
    })
    this.#stream.end()
    // What the client still sends goes nowhere; it ends the stream when it has seen the status.
    this.#stream.resume()
  }

  #begin(): void {
    if (this.#stream.headersSent) return
    this.#stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
  }

  #settle(outcome: Outcome): void {
    this.#hasEnded = true
    this.#ended.resolve(outcome)
  }
}

/** Of the first message, where it is there whole: a byte for compression, four for its size. */
function sizeOf(bytes: Buffer): number | undefined {
  if (bytes.length < 5) return undefined
  if (bytes[0] !== 0) throw new Malformed('UNIMPLEMENTED', 'Messages are not compressed here.')
  const size = bytes.readUInt32BE(1)
  if (size > messageBytesMax) {
    throw new Malformed('RESOURCE_EXHAUSTED', `More than ${messageBytesMax} bytes in a message.`)
  }
  return bytes.length < 5 + size ? undefined : size
}

function decoded<T>(read: () => T): T {
  try {
    return read()
  } catch {
    throw new Malformed('INVALID_ARGUMENT', 'This is not a message of this method.')
  }
}

const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

/** `grpc-timeout` as it travels: at most eight digits and a unit. */
function timeoutMs(text: string | string[] | undefined): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(text)) ?? []
  // A timer takes no more than this, which is 24 days.
  return digits === undefined ? undefined : Math.min(Number(digits) * unitsMs[unit]!, 2 ** 31 - 1)
}

function percentEncoded(message: string): string {
  return message.replaceAll(/[^ -$&-~]+/gu, encodeURIComponent)
}
