// What gRPC adds to an exchange: its own deadline, a look at the framing of messages both ways, and
// refusals that its clients understand. Of any other request there is none of it.
import { type Refusal, refuse } from '../base.ts'
import {
  type BodyWatch,
  type Exchange,
  GrpcMessages,
  grpcTimeoutMs,
  grpcTimeoutText,
  headerValues,
  type MessageFlaw,
  type Piece,
  type Stream,
  type Verdict,
} from '../http.ts'
import type { CallEvents } from '../wire.ts'
import { GrpcReply } from './grpc-reply.ts'
import { grpcTrailers, grpcTypeOf } from './grpc-status.ts'
import type { Notes } from './notes.ts'
import type { LinkedOperation } from './snapshot.ts'
import type { PassedReply } from './verified-reply.ts'
import type { Watching } from './watches.ts'

/** Undefined where the request or its operation is not of gRPC. */
export function beginGrpc(
  stream: Stream,
  operation: LinkedOperation,
  notes: Pick<Notes, 'grpcStatus'>,
): GrpcExchange | Refusal | undefined {
  const { grpc } = operation.plan
  if (grpc === undefined || stream.asksOnly === true) return undefined
  if (grpcTypeOf(stream.head) === undefined) return undefined
  if (!carriesTrailers(stream)) return noTrailers
  const [timeout, second] = headerValues(stream.head.headers, 'grpc-timeout')
  if (timeout === undefined) return new GrpcExchange(stream, operation, notes, undefined)
  const timeoutMs = second === undefined ? grpcTimeoutMs(timeout) : undefined
  return timeoutMs === undefined
    ? badTimeout
    : new GrpcExchange(stream, operation, notes, timeoutMs)
}

/** HTTP/1.1 has them where the client says that it takes them. */
const carriesTrailers = ({ head: { version }, takesTrailers }: Stream): boolean =>
  takesTrailers || version === '2' || version === '3'

const noTrailers = refuse(
  'VERSION_NOT_SUPPORTED',
  'gRPC needs HTTP/2. Over HTTP/1.1 it is spoken as gRPC-Web.',
)

const badTimeout = refuse('INVALID_INPUT', 'grpc-timeout is 1 to 8 digits and a unit, once.', {
  details: [
    { in: 'header', field: 'grpc-timeout', issue: 'invalid_format', message: 'is no time-out' },
  ],
})

export class GrpcExchange {
  /** What the client gives it, from its head on; undefined: nothing said. */
  readonly timeoutMs: number | undefined
  readonly #stream: Stream
  readonly #notes: Pick<Notes, 'grpcStatus'>
  readonly #messageBytesMax: number
  #reply: GrpcReply | undefined

  constructor(
    stream: Stream,
    { limits, plan }: LinkedOperation,
    notes: Pick<Notes, 'grpcStatus'>,
    timeoutMs: number | undefined,
  ) {
    this.timeoutMs = timeoutMs
    this.#stream = stream
    this.#notes = notes
    this.#messageBytesMax = limits.messageBytesMax
    if (plan.grpc!.pattern !== 'unary') stream.last?.()
  }

  /** Tells the service what is left of the time that the client gave. */
  passTimeout(exchange: Pick<Exchange, 'setField'>, leftMs: number): void {
    if (this.timeoutMs === undefined) return
    exchange.setField('grpc-timeout', grpcTimeoutText(leftMs))
  }

  /** The look at the request's messages. */
  watching(): Watching {
    return { policy: 'validation', watch: new MessageWatch(this.#messageBytesMax) }
  }

  /** Stands between the endpoint and whoever takes the reply. */
  replyTo(next: CallEvents, exchange: PassedReply): CallEvents {
    this.#reply = new GrpcReply(next, exchange, this.#notes, this.#messageBytesMax)
    return this.#reply
  }

  /**
   * Ends a reply whose head is out with a refusal; false where it can only be cut. Trailers that
   * travel in the body would be taken for the rest of a message that is not whole.
   */
  endWith(refusal: Refusal): boolean {
    if (this.#reply?.isStreamed !== true) return false
    if (this.#stream.trailersInBody === true && !this.#reply.sentIsWhole) return false
    this.#stream.sendEnd(grpcTrailers(refusal))
    return true
  }
}

class MessageWatch implements BodyWatch {
  readonly #messages: GrpcMessages

  constructor(bytesMax: number) {
    this.#messages = new GrpcMessages(bytesMax)
  }

  piece(piece: Piece): Verdict {
    const flaw = this.#messages.piece(piece)
    return flaw === undefined ? undefined : flawed[flaw]
  }

  end(): Verdict {
    return this.#messages.isWhole ? undefined : cutShort
  }
}

const flawed: Readonly<Record<MessageFlaw, Refusal>> = {
  length: refuse('CONTENT_TOO_LARGE', 'A message is longer than it may be.'),
  flag: refuse('MALFORMED_REQUEST', 'A message begins with a flag that is neither 0 nor 1.'),
}

const cutShort = refuse('MALFORMED_REQUEST', 'The last message is shorter than its length says.')
