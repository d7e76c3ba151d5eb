// Stands between an endpoint and an exchange of gRPC: what is no gRPC becomes a refusal, messages
// keep their bound, and the client gets one status, the one behind the messages.
import { type Refusal, refuse } from '../base.ts'
import {
  grpcCodeOfHttp,
  grpcCodes,
  GrpcMessages,
  headerValues,
  isGrpcType,
  isNamed,
  isNamedAt,
  type MessageFlaw,
  type Piece,
} from '../http.ts'
import type { CallEvents, CallFailure, CallReplyHead } from '../wire.ts'
import type { Notes } from './notes.ts'
import { withoutFields } from './request-fields.ts'
import type { PassedReply } from './verified-reply.ts'

type Owner = Pick<PassedReply, 'replyRefused' | 'replyRead'>

export class GrpcReply implements CallEvents {
  readonly #next: CallEvents
  readonly #owner: Owner
  readonly #notes: Pick<Notes, 'grpcStatus'>
  readonly #messages: GrpcMessages
  /** Whether messages and trailers follow the head that went on. */
  isStreamed = false
  /** Whether what went on by now ends with a message. */
  sentIsWhole = true
  #isOver = false

  constructor(
    next: CallEvents,
    owner: Owner,
    notes: Pick<Notes, 'grpcStatus'>,
    messageBytesMax: number,
  ) {
    this.#notes = notes
    this.#next = next
    this.#owner = owner
    this.#messages = new GrpcMessages(messageBytesMax)
  }

  replyInterim(reply: CallReplyHead): void {
    this.#next.replyInterim(reply)
  }

  replyHead(reply: CallReplyHead): void {
    const said = saidIn(reply.forwardable)
    const refusal = headRefusal(reply, said)
    if (refusal !== undefined) return this.#refuse(refusal)
    const { bodyLength } = reply
    const isAlone = bodyLength === 'none' || bodyLength === 0
    this.isStreamed = !isAlone
    if (isAlone) this.#notes.grpcStatus = Number(said.statuses[0])
    const passes = isAlone || (said.statuses.length === 0 && bodyLength === 'streamed')
    this.#next.replyHead(passes ? reply : asStream(reply))
  }

  replyPiece(piece: Piece): void {
    if (this.#isOver) return
    const flaw = this.#messages.piece(piece)
    if (flaw !== undefined) return this.#refuse(flawed[flaw])
    this.sentIsWhole = this.#messages.isWhole
    this.#next.replyPiece(piece)
  }

  replyEnded(trailers: readonly string[]): void {
    if (this.#isOver) return
    const statuses = headerValues(trailers, 'grpc-status')
    const refusal = this.isStreamed ? endRefusal(statuses, this.#messages.isWhole) : undefined
    if (statuses.length > 0) this.#notes.grpcStatus = Number(statuses[0])
    if (refusal === undefined) return this.#next.replyEnded(trailers)
    // Nothing of it is under way any more.
    this.#owner.replyRead()
    this.#refuse(refusal)
  }

  callFailed(failure: CallFailure): void {
    this.#next.callFailed(failure)
  }

  upstreamWritable(): void {
    this.#next.upstreamWritable()
  }

  #refuse(refusal: Refusal): void {
    this.#isOver = true
    this.#owner.replyRefused(refusal, undefined)
  }
}

/** What the lines of a head say of gRPC. */
interface Said {
  readonly statuses: readonly string[]
  readonly type: string | undefined
}

/** Line by line, for every reply is asked. */
function saidIn(lines: string): Said {
  let statuses: string[] | undefined
  let type: string | undefined
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at)
    const end = lines.indexOf('\r\n', colon)
    const length = colon - at
    if (length === 11 && isNamedAt(lines, at, 'grpc-status')) {
      statuses ??= []
      statuses.push(lines.slice(colon + 1, end).trim())
    } else if (length === 12 && isNamedAt(lines, at, 'content-type')) {
      type = lines.slice(colon + 1, end).trim()
    }
    at = end + 2
  }
  return { statuses: statuses ?? noValues, type }
}

const noValues: readonly string[] = Object.freeze([])

function headRefusal(
  { status, bodyLength }: CallReplyHead,
  { statuses, type }: Said,
): Refusal | undefined {
  const isAlone = bodyLength === 'none' || bodyLength === 0
  if (isAlone && statuses.length > 0) return statusRefusal(statuses)
  const reason =
    status !== 200
      ? `the upstream answered ${status} without a grpc-status`
      : type !== undefined && !isGrpcType(type)
        ? 'the reply has a media type that is not of gRPC'
        : isAlone
          ? 'the reply ended without a grpc-status'
          : undefined
  if (reason === undefined) return undefined
  const grpcStatus = grpcCodes[grpcCodeOfHttp(status)]
  return refuse('UPSTREAM_NOT_GRPC', undefined, { reason, grpcStatus })
}

/** One status from 0 to 16 and above (codes of tomorrow), in plain digits. */
function statusRefusal(statuses: readonly string[]): Refusal | undefined {
  if (statuses.length === 1 && /^\d{1,3}$/.test(statuses[0]!)) return undefined
  const reason =
    statuses.length > 1 ? 'the reply has several grpc-status' : 'grpc-status is no number'
  return refuse('UPSTREAM_PROTOCOL', undefined, { reason })
}

function endRefusal(statuses: readonly string[], isWhole: boolean): Refusal | undefined {
  if (statuses.length === 0) return unended
  const refusal = statusRefusal(statuses)
  if (refusal !== undefined || isWhole || statuses[0] !== '0') return refusal
  return refuse('UPSTREAM_PROTOCOL', undefined, { reason: 'the last message was cut short' })
}

const unended = refuse('UPSTREAM_NOT_GRPC', undefined, {
  reason: 'the reply ended without a grpc-status',
  grpcStatus: grpcCodes.UNKNOWN,
})

const flawed: Readonly<Record<MessageFlaw, Refusal>> = {
  length: refuse('UPSTREAM_INVALID_REPLY', undefined, {
    reason: 'a message is longer than messageBytesMax',
    grpcStatus: grpcCodes.RESOURCE_EXHAUSTED,
  }),
  flag: refuse('UPSTREAM_PROTOCOL', undefined, {
    reason: 'a message begins with a flag that is neither 0 nor 1',
  }),
}

const misplaced = ['grpc-status', 'content-length']

/**
 * A status before the messages is none: two of them could be read in two ways. And a body of known
 * length would be over before its trailers.
 */
function asStream(reply: CallReplyHead): CallReplyHead {
  const { forwardable, headers } = reply
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if (misplaced.some((name) => isNamed(headers[i]!, name))) continue
    kept.push(headers[i]!, headers[i + 1]!)
  }
  const lines = withoutFields(forwardable, misplaced)
  return { ...reply, headers: kept, forwardable: lines, bodyLength: 'streamed' }
}
