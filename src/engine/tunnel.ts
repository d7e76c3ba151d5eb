// Bytes of another protocol, both ways, once a client's upgrade was taken: one tunnel is one
// exchange, pumped as bodies are, each direction held up by whoever takes it.
import type { FaultCode } from '../base.ts'
import type { Piece, Stream, StreamEvents } from '../http.ts'
import type { Call, CallEvents, CallFailure, CallReplyHead } from '../wire.ts'
import { callFaults } from './causes.ts'
import type { Lasting, Runtime } from './runtime.ts'

/** How a tunnel ended, for the record. */
export interface TunnelEnd {
  readonly fault: FaultCode | undefined
  readonly reason: string | undefined
  /** From the client, and to it. */
  readonly requestBytes: number
  readonly replyBytes: number
}

/** The exchange: until the endpoint takes the upgrade, whatever comes is an ordinary reply. */
export interface TunnelOwner extends CallEvents {
  tunnelEnded(end: TunnelEnd): void
}

export class Tunnel implements CallEvents, StreamEvents, Lasting {
  readonly #owner: TunnelOwner
  readonly #runtime: Pick<Runtime, 'lasting'>
  readonly #stream: Stream
  readonly #call: Call
  #at: 'asking' | 'open' | 'over' = 'asking'
  #requestBytes = 0
  #replyBytes = 0

  constructor(owner: TunnelOwner, runtime: Pick<Runtime, 'lasting'>, stream: Stream, call: Call) {
    this.#owner = owner
    this.#runtime = runtime
    this.#stream = stream
    this.#call = call
  }

  // The endpoint.

  replyInterim(head: CallReplyHead): void {
    this.#owner.replyInterim(head)
  }

  replyHead(head: CallReplyHead): void {
    this.#owner.replyHead(head)
    if (head.bodyLength !== 'tunnel') return
    this.#at = 'open'
    this.#runtime.lasting.add(this)
    this.#stream.attach(this)
    this.#stream.readBody()
  }

  replyPiece(piece: Piece): void {
    if (this.#at === 'asking') return this.#owner.replyPiece(piece)
    this.#replyBytes += piece.length
    if (!this.#stream.sendPiece(piece)) this.#call.pause()
  }

  replyEnded(trailers: readonly string[]): void {
    if (this.#at === 'asking') return this.#owner.replyEnded(trailers)
    if (this.#at === 'over') return
    this.#stream.sendEnd([])
    this.#over(undefined, undefined)
  }

  callFailed(failure: CallFailure): void {
    if (this.#at === 'asking') return this.#owner.callFailed(failure)
    if (this.#at === 'over') return
    this.#stream.cut()
    this.#over(callFaults[failure.kind], failure.reason)
  }

  upstreamWritable(): void {
    if (this.#at === 'open') this.#stream.readBody()
    else this.#owner.upstreamWritable()
  }

  // The client.

  requestPiece(piece: Piece): void {
    this.#requestBytes += piece.length
    if (!this.#call.sendPiece(piece)) this.#stream.pauseBody()
  }

  requestEnded(): void {
    this.#call.sendEnd([])
  }

  requestBroken(): void {
    // Nothing frames it that could break.
  }

  clientWritable(): void {
    this.#call.resume()
  }

  clientGone(fault: FaultCode, reason: string): void {
    if (this.#at === 'over') return
    this.#call.abandon()
    this.#over(fault, reason)
  }

  leave(): void {
    if (this.#at !== 'open') return
    this.#call.abandon()
    this.#stream.sendEnd([])
    this.#over(undefined, undefined)
  }

  #over(fault: FaultCode | undefined, reason: string | undefined): void {
    this.#at = 'over'
    this.#runtime.lasting.delete(this)
    const bytes = { requestBytes: this.#requestBytes, replyBytes: this.#replyBytes }
    this.#owner.tunnelEnded({ fault, reason, ...bytes })
  }
}
