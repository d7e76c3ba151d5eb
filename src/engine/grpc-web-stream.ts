// gRPC-Web: gRPC for those who see no trailers, as browsers. A stream of it looks to the engine like
// one of gRPC itself: bodies in base64 are read and written here, and trailers travel as the last
// frame of the body (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md).
import { type FaultCode, type Refusal, refuse } from '../base.ts'
import {
  type BodyLength,
  grpcMessage,
  headerValue,
  isGrpcType,
  isNamed,
  type Piece,
  type RequestHead,
  type Stream,
  type StreamEvents,
  type StreamPeer,
} from '../http.ts'
import { TextDecoder64 } from './grpc-web-text.ts'
import { withoutFields } from './request-fields.ts'

interface WebType {
  readonly isText: boolean
  /** `+proto`, or what else is said of the messages. */
  readonly suffix: string
}

const typeForm = /^application\/grpc-web(?<text>-text)?(?<suffix>\+[a-z]+)?[ \t]*(?:;|$)/i

/** The same stream as one of gRPC; undefined where it is no gRPC-Web. */
export function grpcWebStream(stream: Stream): Stream | undefined {
  const { method, headers } = stream.head
  if (method !== 'POST') return undefined
  const found = typeForm.exec(headerValue(headers, 'content-type') ?? '')
  if (found === null) return undefined
  const { text, suffix = '' } = found.groups!
  return new GrpcWebStream(stream, { isText: text !== undefined, suffix: suffix.toLowerCase() })
}

/** What says how this very body comes and what comes back. */
const replaced = ['content-type', 'content-length', 'accept', 'te', 'x-grpc-web']

const trailerFlag = 0x80

class GrpcWebStream implements Stream, StreamEvents {
  readonly head: RequestHead
  readonly forwardable: string
  readonly takesTrailers = true
  readonly trailersInBody = true
  readonly #own: Stream
  readonly #type: WebType
  readonly #decoder: TextDecoder64 | undefined
  #events!: StreamEvents
  #isBroken = false
  /** Whether the reply is one of gRPC, and not of HTTP alone. */
  #isFramed = false

  constructor(own: Stream, type: WebType) {
    this.#own = own
    this.#type = type
    this.#decoder = type.isText ? new TextDecoder64() : undefined
    this.head = headOf(own.head, type)
    const { suffix } = type
    const lines = withoutFields(own.forwardable, replaced)
    this.forwardable = `${lines}Content-Type: application/grpc${suffix}\r\n`
  }

  get peer(): StreamPeer {
    return this.#own.peer
  }

  get asksOnly(): boolean {
    return this.#own.asksOnly === true
  }

  attach(events: StreamEvents): void {
    this.#events = events
    this.#own.attach(this)
  }

  last(): void {
    this.#own.last?.()
  }

  readBody(): void {
    this.#own.readBody()
  }

  pauseBody(): void {
    this.#own.pauseBody()
  }

  // The request

  requestPiece(piece: Piece): void {
    if (this.#isBroken) return
    if (this.#decoder === undefined) return this.#events.requestPiece(piece)
    const text = typeof piece === 'string' ? piece : piece.toString('latin1')
    const bytes = this.#decoder.piece(text)
    if (bytes === undefined) this.#break(notBase64)
    else if (bytes.length > 0) this.#events.requestPiece(bytes)
  }

  requestEnded(trailers: readonly string[]): void {
    if (this.#isBroken) return
    if (this.#decoder?.isWhole === false) this.#break(notBase64)
    else this.#events.requestEnded(trailers)
  }

  #break(refusal: Refusal): void {
    this.#isBroken = true
    this.#events.requestBroken(refusal)
  }

  requestBroken(refusal: Refusal): void {
    this.#events.requestBroken(refusal)
  }

  clientWritable(): void {
    this.#events.clientWritable()
  }

  clientGone(fault: FaultCode, reason: string): void {
    this.#events.clientGone(fault, reason)
  }

  // The reply

  /** Nobody who speaks gRPC-Web expects any. */
  sendInterim(): void {}

  sendHead(statusText: string, lines: string, length: BodyLength): void {
    const type = /^content-type:[ \t]*([^\r\n]*)/im.exec(lines)?.[1]
    const hasMessages = length !== 'none' && length !== 0
    if (type === undefined || !isGrpcType(type))
      return this.#own.sendHead(statusText, lines, length)
    const name = this.#type.isText ? 'grpc-web-text' : 'grpc-web'
    const ownType = `Content-Type: application/${name}${this.#type.suffix}\r\n`
    this.#isFramed = hasMessages
    const kept = withoutFields(
      lines,
      hasMessages ? ['content-type', 'content-length'] : ['content-type'],
    )
    this.#own.sendHead(statusText, kept + ownType, hasMessages ? 'streamed' : length)
  }

  sendPiece(piece: Piece): boolean {
    if (!this.#isFramed || !this.#type.isText) return this.#own.sendPiece(piece)
    // Whole in itself, with padding: nothing of it waits here for what comes next.
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece
    return this.#own.sendPiece(bytes.toString('base64'))
  }

  sendEnd(trailers: readonly string[]): void {
    if (this.#isFramed) this.sendPiece(trailerFrame(trailers))
    this.#own.sendEnd(noTrailers)
  }

  cut(): void {
    this.#own.cut()
  }
}

const noTrailers: readonly string[] = Object.freeze([])
const notBase64 = refuse('MALFORMED_REQUEST', 'The body is not in base64.')

function headOf(head: RequestHead, { suffix }: WebType): RequestHead {
  const headers = ['content-type', `application/grpc${suffix}`]
  for (let i = 0; i < head.headers.length; i += 2) {
    const name = head.headers[i]!
    if (!replaced.some((one) => isNamed(name, one))) headers.push(name, head.headers[i + 1]!)
  }
  const hasBody = head.bodyLength !== 'none' && head.bodyLength !== 0
  return { ...head, headers, bodyLength: hasBody ? 'streamed' : 'none' }
}

/** Trailers as the lines of a frame, names in lower case. */
function trailerFrame(trailers: readonly string[]): Buffer {
  let lines = ''
  for (let i = 0; i < trailers.length; i += 2) {
    lines += `${trailers[i]!.toLowerCase()}: ${trailers[i + 1]}\r\n`
  }
  const framed = grpcMessage(Buffer.from(lines, 'latin1'), trailerFlag)
  return Buffer.from(framed.buffer)
}
