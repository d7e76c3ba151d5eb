// A WebSocket on its way through: one tunnel is one exchange, whose frames go both ways with the
// backpressure of each side. It lives until both sides have said Close to each other, or until we
// say it to both: a bound is broken, nothing is said any more, a side is gone, the thread ends.
//
//   asking ──▶ open ──▶ closing ──▶ over        (asking: an endpoint that takes no upgrade
//      └──────── ordinary reply ─────▲           answers as to any other request)
//
// A Close goes out between two frames. Where a frame never ends its side is cut.
import { type FaultCode, type Refusal, stackOf } from '../base.ts'
import {
  type Breach,
  bytesOf,
  closeCodeOf,
  closeFrame,
  isCloseCode,
  type Piece,
  type RequestHead,
  type Stream,
  type StreamEvents,
} from '../http.ts'
import type { TunnelTerms } from '../policy.ts'
import type { ClosedBy } from '../telemetry.ts'
import type { Call, CallEvents, CallFailure, CallReplyHead } from '../wire.ts'
import { closeCodeFor, isOfPolicy, looksInside, refusalFor } from './breaches.ts'
import { callFaults } from './causes.ts'
import { Handshake } from './handshake.ts'
import type { Lasting, LeaveReason, Runtime } from './runtime.ts'
import type { NamedPolicy } from './step-names.ts'
import { Side, type SideOwner } from './tunnel-side.ts'
import { type TimesOwner, TunnelTimes } from './tunnel-times.ts'

/** What an operation says of its tunnels, and which policy of it does. */
export interface LinkedTunnel extends NamedPolicy {
  readonly terms: TunnelTerms
}

/** How a tunnel ended, for the record. */
export interface TunnelEnd {
  readonly fault: FaultCode | undefined
  readonly reason: string | undefined
  /** What a policy refused. */
  readonly refused: { readonly refusal: Refusal; readonly by: NamedPolicy | undefined } | undefined
  readonly closed: ClosedBy | undefined
  /** From the client, and to it. */
  readonly requestBytes: number
  readonly replyBytes: number
}

/** The exchange. */
export interface TunnelOwner {
  readonly request: RequestHead
  /** Passes the reply that takes the upgrade; false where it ended in doing so. */
  tunnelOpens(reply: CallReplyHead): boolean
  noteShadow(by: NamedPolicy, refusal: Refusal): void
  tunnelEnded(end: TunnelEnd): void
}

export interface TunnelTools {
  readonly runtime: Pick<Runtime, 'bug' | 'clock' | 'lasting' | 'leaves' | 'occupancy' | 'random'>
  /** Of all bodies and messages, in all threads. */
  readonly heldBytesMax: number
  readonly stream: Stream
  readonly call: Call
  readonly linked: LinkedTunnel
  /** Takes the reply of an endpoint that does not take the upgrade. */
  readonly ordinary: CallEvents
}

/** For the other side's Close, and for the end of a frame that it waits for. */
const closeWaitMs = 2_000
/** Clients that come again all at once would be a flood. */
const spreadMs = 5_000
/** How a side ended that said no Close (RFC 6455 §7.1.5). */
const gone = 1006

interface Fate {
  readonly fault?: FaultCode | undefined
  readonly reason?: string | undefined
  readonly refused?: TunnelEnd['refused']
}

export class Tunnel implements CallEvents, StreamEvents, SideOwner, TimesOwner, Lasting {
  readonly #owner: TunnelOwner
  readonly #tools: TunnelTools
  /** Until the endpoint has answered it. */
  #handshake: Handshake | undefined
  #at: 'asking' | 'open' | 'over' = 'asking'
  #client!: Side
  #upstream!: Side
  #times!: TunnelTimes
  /** Whether a Close is on its way, or one side has ended. */
  #isClosing = false
  #closed: ClosedBy | undefined
  #fate: Fate = {}

  constructor(owner: TunnelOwner, head: string, tools: TunnelTools) {
    this.#owner = owner
    this.#tools = tools
    const { linked } = tools
    const looks = linked.isShadow !== true && looksInside(linked.terms)
    this.#handshake = new Handshake(owner.request, head, looks)
  }

  /** The head of the request as the endpoint gets it. */
  get head(): string {
    return this.#handshake!.head
  }

  // The endpoint's answer.

  replyInterim(head: CallReplyHead): void {
    this.#tools.ordinary.replyInterim(head)
  }

  replyHead(head: CallReplyHead): void {
    if (head.bodyLength !== 'tunnel') return this.#tools.ordinary.replyHead(head)
    const handshake = this.#handshake!
    this.#handshake = undefined
    const agreed = handshake.judge(head)
    if (typeof agreed === 'string') {
      this.#tools.call.abandon()
      return this.#tools.ordinary.callFailed({ kind: 'protocol', reason: agreed })
    }
    if (this.#owner.tunnelOpens(handshake.reply(head))) this.#open(agreed.isDeflated)
  }

  #open(isDeflated: boolean): void {
    const { stream, call, runtime } = this.#tools
    this.#at = 'open'
    const client = {
      send: (bytes: Buffer) => stream.sendPiece(bytes),
      pause: () => stream.pauseBody(),
      resume: () => stream.readBody(),
      end: () => stream.sendEnd([]),
      cut: () => stream.cut(),
    }
    const upstream = {
      send: (bytes: Buffer) => call.sendPiece(bytes),
      pause: () => call.pause(),
      resume: () => call.resume(),
      end: () => call.sendEnd([]),
      cut: () => call.abandon(),
    }
    this.#client = new Side('client', client, this, this.#flowTerms('client', isDeflated))
    this.#upstream = new Side('upstream', upstream, this, this.#flowTerms('upstream', isDeflated))
    this.#client.other = this.#upstream
    this.#upstream.other = this.#client
    const sides = [this.#client, this.#upstream]
    this.#times = new TunnelTimes(runtime.clock, this.#tools.linked.terms, sides, this)
    runtime.lasting.add(this)
    stream.attach(this)
    stream.readBody()
    if (runtime.leaves !== undefined) this.leave(runtime.leaves)
  }

  #flowTerms(who: Side['who'], isDeflated: boolean) {
    const { terms, isShadow } = this.#tools.linked
    const { fragmentsMax, controlFramesPerSecondMax } = terms
    const messages = who === 'client' ? terms.client : terms.server
    return {
      isMasked: who === 'client',
      mayBeDeflated: isDeflated,
      fragmentsMax,
      controlFramesPerSecondMax,
      isShadow: isShadow === true,
      // Only in shadow what is looked into may be deflated: then nobody looks.
      messages: isDeflated ? { perSecondMax: messages.perSecondMax } : messages,
    }
  }

  // What comes.

  replyPiece(piece: Piece): void {
    if (this.#at === 'asking') this.#tools.ordinary.replyPiece(piece)
    else if (this.#at === 'open') this.#take(this.#upstream, piece)
  }

  requestPiece(piece: Piece): void {
    if (this.#at === 'open') this.#take(this.#client, piece)
  }

  #take(side: Side, piece: Piece): void {
    try {
      const breach = side.push(bytesOf(piece))
      if (breach !== undefined) this.#breached(side, breach)
      if (this.#isClosing) this.#settle()
    } catch (error) {
      this.bug(error)
    }
  }

  bug(error: unknown): void {
    this.#tools.runtime.bug(error)
    this.#cutBoth({ fault: 'INTERNAL_ERROR', reason: stackOf(error) })
  }

  upstreamWritable(): void {
    if (this.#at === 'asking') this.#tools.ordinary.upstreamWritable()
    else this.#upstream.writable()
  }

  clientWritable(): void {
    this.#client.writable()
  }

  // Ends.

  requestEnded(): void {
    if (this.#at !== 'open') return
    this.#client.isDeaf = true
    this.#closed ??= { code: gone, by: 'client' }
    this.#closeWithin()
    this.#upstream.end()
    this.#settle()
  }

  requestBroken(): void {
    // Nothing frames it that could break.
  }

  clientGone(fault: FaultCode, reason: string): void {
    if (this.#at !== 'open') return
    this.#client.isGone = true
    // Who said Close may go: the endpoint has it, and is left to read it.
    if (this.#upstream.isToldToClose) {
      this.#upstream.end()
      this.#closeWithin()
      return this.#client.writable()
    }
    this.#fate = this.#closed === undefined ? { fault, reason } : {}
    this.#upstream.cut()
    this.#over()
  }

  replyEnded(trailers: readonly string[]): void {
    if (this.#at === 'asking') return this.#tools.ordinary.replyEnded(trailers)
    this.#upstreamGone({ fault: 'UPSTREAM_CLOSED', reason: 'the upstream ended without a Close' })
  }

  callFailed(failure: CallFailure): void {
    if (this.#at === 'asking') return this.#tools.ordinary.callFailed(failure)
    this.#upstreamGone({ fault: callFaults[failure.kind], reason: failure.reason })
  }

  #upstreamGone(fate: Fate): void {
    if (this.#at !== 'open') return
    const upstream = this.#upstream
    upstream.isGone = true
    if (this.#closed !== undefined) return this.#endBoth()
    this.#fate = fate
    if (!upstream.flow.isBetween) return this.#cutBoth(fate)
    this.#close({ code: 1011, by: 'upstream' }, 'the service is gone')
    // The client's Close may stand behind what waited for it.
    upstream.writable()
  }

  #breached(side: Side, breach: Breach): void {
    if (this.#closed !== undefined) return
    const code = closeCodeFor(breach)
    const refusal = refusalFor(side.who, breach)
    const by = isOfPolicy(breach) ? this.#tools.linked : undefined
    this.#fate = { fault: refusal.code, reason: refusal.reason, refused: { refusal, by } }
    // The other waits for the end of a frame that will not come.
    if (!side.flow.isBetween) side.other.cut()
    this.#close({ code, by: 'gateway' }, breach.reason, side.who === 'client' ? code : 1011)
  }

  leave(why: LeaveReason): void {
    if (this.#at !== 'open' || this.#closed !== undefined) return
    if (why === 'stops') return this.#close({ code: 1001, by: 'gateway' }, 'the gateway stops')
    this.#times.leaveWithin(this.#tools.runtime.random() * spreadMs)
  }

  /** Tells both sides, the client perhaps in other words. */
  #close(closed: ClosedBy, reason: string, clientCode = closed.code): void {
    this.#closed = closed
    this.#closeWithin()
    this.#client.tellToClose((mask) => closeFrame(clientCode, reason, mask))
    this.#upstream.tellToClose((mask) => closeFrame(closed.code, reason, mask))
    this.#settle()
  }

  closeCame(side: Side, payload: Uint8Array): boolean {
    const { other } = side
    // What stands in its way is a Close of ours.
    if (other.isToldToClose || this.#closed?.by === 'gateway') return false
    this.#closed ??= { code: closeCodeOf(payload), by: side.who }
    other.isToldToClose = true
    this.#closeWithin()
    return true
  }

  #settle(): void {
    if (this.#at !== 'open') return
    this.#upstream.settle()
    this.#client.settle()
    if (this.#client.isDone && this.#upstream.isGone) this.#endBoth()
  }

  #closeWithin(): void {
    this.#isClosing = true
    this.#times.endWithin(closeWaitMs)
  }

  /** Where a frame is under way, it is cut. */
  #endBoth(): void {
    if (this.#client.flow.isClosed) this.#answerClose()
    if (this.#upstream.flow.isBetween || this.#client.isToldToClose) this.#client.end()
    else this.#client.cut()
    this.#upstream.cut()
    this.#over()
  }

  /** Of a Close that the endpoint left unanswered. */
  #answerClose(): void {
    const code = this.#closed?.code ?? 1000
    this.#client.tellToClose((mask) => closeFrame(isCloseCode(code) ? code : 1000, '', mask))
  }

  #cutBoth(fate: Fate): void {
    if (this.#at === 'over') return
    this.#fate = fate
    this.#client.cut()
    this.#upstream.cut()
    this.#over()
  }

  #over(): void {
    if (this.#at === 'over') return
    this.#at = 'over'
    this.#times.stop()
    this.#tools.runtime.lasting.delete(this)
    for (const side of [this.#client, this.#upstream]) side.flow.release()
    const { fault, reason, refused } = this.#fate
    this.#owner.tunnelEnded({
      fault,
      reason,
      refused,
      closed: this.#closed,
      requestBytes: this.#client.came,
      replyBytes: this.#client.went,
    })
  }

  // Time.

  nowMs(): number {
    return this.#tools.runtime.clock.nowMs()
  }

  moved(atMs: number): void {
    this.#times.movedMs = atMs
  }

  idle(): void {
    this.#close({ code: 1001, by: 'gateway' }, 'nothing was said for long')
  }

  leaveNow(): void {
    this.#close({ code: 1012, by: 'gateway' }, 'come again')
  }

  late(): void {
    this.#endBoth()
  }

  silent(side: Side): void {
    const reason = 'it answered no ping'
    if (side.who === 'client') return this.#cutBoth({ fault: 'CLIENT_CLOSED', reason })
    side.cut()
    this.#upstreamGone({ fault: 'UPSTREAM_TIMEOUT', reason })
  }

  // What is noted and held.

  noted(side: Side, breach: Breach): void {
    this.#owner.noteShadow(this.#tools.linked, refusalFor(side.who, breach))
  }

  hold(bytes: number): boolean {
    const { runtime, heldBytesMax } = this.#tools
    const { occupancy } = runtime
    if (bytes === 0) return true
    occupancy.note('heldBytes', bytes)
    return occupancy.total('heldBytes') <= heldBytesMax
  }
}
