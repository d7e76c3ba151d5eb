// The life of a request, from its head to its record.
//
//   route ─▶ admit ─▶ check ─▶ content ─▶ prepare ─▶ forward ─▶ verify ─▶ finish ─▶ send ─▶ record
//     └────────┴────────┴─────────┴───────────┴── first to answer ──┴───────▲
//
//   route    which operation the head means
//   admit    needs only the head: addresses, limits, credentials; what is of no operation passes
//            what holds for the whole API before it is answered
//   check    the contract: media types, parameters
//   content  the body, held whole and checked where the plan says so; else it streams
//   prepare  what is sent upstream: path, host, fields
//   forward  an endpoint, a connection, the request out, the reply in
//   verify   the reply against the contract: held whole, watched, or judged behind the client's back
//   finish   every reply, refusals too: what policies add to its head and take from it
//   record   exactly once, whatever happened
//
// A step answers at once or with a promise; only promises are awaited. Refusals are values; what
// is thrown is a bug of ours, answered 500.
import { type FaultCode, type Refusal, refuse, stackOf } from '../base.ts'
import {
  editFields,
  type Forwarding,
  headerValue,
  passedThrough,
  type Piece,
  reasonPhrase,
  type SentTo,
  type Step,
  type Stream,
  type StreamEvents,
  type Verdict,
} from '../http.ts'
import { acceptableId, type ExchangeRecord } from '../telemetry.ts'
import type { Endpoint } from '../upstream.ts'
import type { Call, CallEvents, CallFailure, CallReplyHead, CallTerms } from '../wire.ts'
import { bodyKind, callTerms } from './call-terms.ts'
import { callFaults, mappedReply, mayRepeat } from './causes.ts'
import { beginEventStream, type EventStream } from './event-stream.ts'
import { isTooEarly } from './early-data.ts'
import { beginGrpc, type GrpcExchange } from './grpc-exchange.ts'
import { forwardingOf, interimLines, ownReplyLines, replyLines, requestLines } from './heads.ts'
import { judgeHead, mayStream, validation } from './head-breach.ts'
import { inTime, whenSaid } from './in-time.ts'
import { Notes } from './notes.ts'
import { refusedReply } from './refused-reply.ts'
import { expectedBody, noRoom, type RequestBody } from './request-body.ts'
import { fieldsToCopy } from './request-fields.ts'
import type { Runtime } from './runtime.ts'
import type { LinkedOperation, Snapshot } from './snapshot.ts'
import { SeenExchange } from './seen-exchange.ts'
import { type Sender, Sending } from './sending.ts'
import { withShadow } from './shadowing.ts'
import { type NamedPolicy, policyOfStep } from './step-names.ts'
import { replyTrailers, requestTrailers } from './trailers.ts'
import { Tunnel, type TunnelEnd, type TunnelOwner } from './tunnel.ts'
import { type PassedReply, VerifiedReply } from './verified-reply.ts'
import { beginWatches } from './watches.ts'

/** How far an exchange has come; each state knows what must be undone when it ends early. */
type Phase = 'asking' | 'holding' | 'sending' | 'replying' | 'over'

export class GatewayExchange
  extends SeenExchange
  implements PassedReply, Sender, StreamEvents, TunnelOwner
{
  readonly #runtime: Runtime
  readonly #snapshot: Snapshot
  readonly #stream: Stream
  readonly #forwarding: Forwarding
  #phase: Phase = 'asking'
  #operation: LinkedOperation | undefined
  /** Undefined while none is expected. */
  #content: RequestBody | undefined
  /** Undefined until it is sent upstream. */
  #sending: Sending | undefined
  #broken = false
  /** Whether the body is held whole and checked before anything is sent. */
  #isHeld = false
  readonly #notes = new Notes()
  /** Whether anything has kept it waiting: a step or the body. */
  #waited = false
  #verified: VerifiedReply | undefined
  /** Of a request in gRPC. */
  #grpc: GrpcExchange | undefined
  /** Of a reply of Server-Sent Events. */
  #events: EventStream | undefined
  /** Leaves the place of a stream or a tunnel. */
  #leavePlace: (() => void) | undefined

  constructor(runtime: Runtime, snapshot: Snapshot, stream: Stream) {
    super(stream.head, runtime.clock.nowMs())
    this.#runtime = runtime
    this.#snapshot = snapshot
    this.#stream = stream
    this.#forwarding = forwardingOf(runtime, snapshot, stream)
    runtime.active++
    stream.attach(this)
  }

  /** Runs the exchange that a head begins. */
  run(): void {
    try {
      this.#identify()
      this.#route()
    } catch (error) {
      this.bug(error)
    }
  }

  /** Answers bytes that are no request. */
  runMalformed(refusal: Refusal): void {
    try {
      this.#identify()
      // Who sent it through a hop nobody can tell, and the hop must not pay for it.
      if (this.client.viaTrustedHop) this.#refuse(refusal)
      else this.#refuseOutside(refusal)
    } catch (error) {
      this.bug(error)
    }
  }

  /** Who asks, and under which id: the peer, or what hops say that the configuration trusts. */
  #identify(): void {
    const { headers } = this.request
    this.client = this.#forwarding.client(headers)
    const given = this.client.viaTrustedHop ? headerValue(headers, 'x-request-id') : undefined
    this.id = given !== undefined && acceptableId(given) ? given : this.#runtime.newId()
  }

  // route

  #route(): void {
    const { head } = this.#stream
    if (!this.#snapshot.isHost(head.host)) return this.#refuseOutside(refuse('MISDIRECTED_REQUEST'))
    if (isTooEarly(head)) return this.#refuseOutside(refuse('TOO_EARLY'))
    if (passedThrough(head.headers, this.#runtime.pseudonym))
      return this.#refuseOutside(refuse('LOOP_DETECTED'))
    const match = this.#snapshot.router.find(head.method, head.path)
    if (match.at === 'refused') return this.#refuseOutside(match.refusal)
    if (match.at === 'options') {
      const fields = ['Allow', match.allow]
      return this.#runSteps(this.#snapshot.admit, 0, () => this.#answer(204, fields, ''))
    }
    const operation = this.#snapshot.operation(match.operation)
    this.#operation = operation
    this.operationId = operation.plan.id
    this.pathValues = match.values
    this.#runSteps(operation.admit, 0, admitted)
  }

  /** Of no operation: what holds for the whole API comes first, so that a flood of these is limited. */
  #refuseOutside(refusal: Refusal): void {
    this.#runSteps(this.#snapshot.admit, 0, () => this.#refuse(refusal))
  }

  /** Runs steps in order, then goes on with `next`; the first refusal ends it. */
  #runSteps(steps: readonly Step[], from: number, next: (self: GatewayExchange) => void): void {
    for (let i = from; i < steps.length; i++) {
      const verdict = steps[i]!(this)
      if (verdict === undefined) continue
      const by = policyOfStep(steps[i]!)
      if (!(verdict instanceof Promise)) return this.#refuse(verdict, by)
      if (by?.isShadow !== true) return this.#await(verdict, by, steps, i + 1, next)
      // Nobody waits for who has no say, but the record.
      this.#notes.asides = [...this.#notes.asides, verdict]
    }
    next(this)
  }

  /** Apart, so that steps that answer at once cost no closure. */
  #await(
    verdict: Promise<Verdict>,
    by: NamedPolicy | undefined,
    steps: readonly Step[],
    from: number,
    next: (self: GatewayExchange) => void,
  ): void {
    this.#waited = true
    const goOn = (late: Verdict) => {
      if (this.#phase === 'over') return
      if (late !== undefined) this.#refuse(late, by)
      else this.#runSteps(steps, from, next)
    }
    inTime(verdict, this.#leftMs(), this.#runtime.clock, by)
      .then(goOn)
      .catch((error: unknown) => this.bug(error))
  }

  /** Of the time that the exchange has. */
  #leftMs(): number {
    return Math.max(0, this.#deadlineMs() - this.#runtime.clock.nowMs())
  }

  /** The gateway's own bound, or what the client says where that is less. */
  #deadlineMs(): number {
    const { limits } = this.#operation ?? this.#snapshot.plan
    return this.startedMs + Math.min(limits.exchangeTimeoutMs, this.#grpc?.timeoutMs ?? Infinity)
  }

  noteShadow(by: NamedPolicy, refusal: Refusal): void {
    this.#notes.shadows = withShadow(this.#notes.shadows, by, refusal)
  }

  get sentTo(): SentTo | undefined {
    return this.#sending?.sentTo
  }

  // check

  admitted(): void {
    const operation = this.#operation!
    const { limits, plan } = operation
    const grpc = beginGrpc(this.#stream, operation, this.#notes)
    if (grpc !== undefined && 'code' in grpc) return this.#refuse(grpc)
    this.#grpc = grpc
    const isSocket = this.request.upgrade === 'websocket'
    if (isSocket && operation.tunnel === undefined) return this.#refuse(refuse('UPGRADE_NOT_TAKEN'))
    const isLive = isSocket || operation.eventStream !== undefined
    if (isLive && !this.#takePlace()) return
    const { breach, heldBytesMax } = judgeHead(this.request, operation)
    if (breach !== undefined) {
      if (plan.validationInShadow !== true) return this.#refuse(breach, validation)
      this.noteShadow(validation, breach)
    }
    const bytesMax = heldBytesMax ?? limits.bodyBytesMax
    const { occupancy } = this.#runtime
    const { heldBytesMax: allBytesMax } = this.#snapshot.plan.limits
    const content = expectedBody(this.request, { occupancy, heldBytesMax: allBytesMax, bytesMax })
    if (content !== undefined && 'code' in content) return this.#refuse(content)
    this.#content = content
    this.#isHeld = heldBytesMax !== undefined
    this.#runSteps(operation.check, 0, checked)
  }

  /** Of those that live as long as their client likes so many may be open at once. */
  #takePlace(): boolean {
    const { isTrustedHop, plan } = this.#snapshot
    const taken = this.#runtime.places.take(
      this.client,
      this.#stream.peer,
      plan.limits,
      isTrustedHop,
    )
    if ('leave' in taken) this.#leavePlace = taken.leave
    else this.#refuse(taken.refusal)
    return 'leave' in taken
  }

  // content

  checked(): void {
    const operation = this.#operation!
    const content = this.#content
    if (this.#stream.asksOnly === true) this.#runSteps(operation.prepare, 0, allowed)
    // That no body came is for the same steps to judge: it may be required.
    else if (content === undefined) this.#runSteps(operation.content, 0, prepared)
    else if (this.#isHeld && (content.hold() || !mayStream(operation))) this.#hold(content)
    else {
      content.watch(beginWatches(operation.watches, this, this.#grpc))
      this.prepare()
    }
  }

  #hold(content: RequestBody): void {
    this.#waited = true
    this.#phase = 'holding'
    if (content.isHeld) this.#stream.readBody()
    else this.#refuse(noRoom.refusal)
  }

  requestPiece(piece: Piece): void {
    try {
      const refused = this.#content!.take(piece)
      if (refused !== undefined) this.#refuse(refused.refusal, refused.by)
      else if (this.#sending?.call?.sendPiece(piece) === false) this.#stream.pauseBody()
    } catch (error) {
      this.bug(error)
    }
  }

  requestEnded(trailers: readonly string[]): void {
    this.#guarded(() => {
      const refused = this.#content!.end()
      // What is refused here was not complete for the upstream: its connection is cut.
      if (refused !== undefined) return this.#refuse(refused.refusal, refused.by)
      const sent = requestTrailers(trailers, this.#operation!, this.ownFields)
      if (this.#phase !== 'holding') return this.#sending?.call?.sendEnd(sent)
      this.body = this.#content!.whole
      this.#phase = 'asking'
      this.#runSteps(this.#operation!.content, 0, prepared)
    })
  }

  requestBroken(refusal: Refusal): void {
    this.#refuse(refusal)
  }

  // prepare, forward

  prepare(): void {
    this.#runSteps(this.#operation!.prepare, 0, forwarded)
  }

  /** Whoever asked sends it on himself, with the fields that policies set. */
  allow(): void {
    this.#answer(204, fieldsToCopy(this.#operation!.requestEdit, this.ownFields), '')
  }

  forward(): void {
    // Sent now, it would be cut off at once, and nobody would know what the service did with it.
    if (this.#content?.whole !== undefined && this.#leftMs() === 0)
      return this.#refuse(refuse('REQUEST_TIMEOUT', lateBody))
    this.#phase = 'sending'
    this.#sending = new Sending(this, this.#operation!.upstream, this.#stream.peer)
    this.#sending.start()
  }

  unsent(refusal: Refusal): void {
    this.#refuse(refusal)
  }

  connected(call: Call, endpoint: Endpoint): void {
    const operation = this.#operation!
    const sending = this.#sending!
    // Steps that answered at once took microseconds: a look at the clock costs nearly as much.
    const hasWaited = this.#waited || sending.hasWaited
    const nowMs = hasWaited ? this.#runtime.clock.nowMs() : this.startedMs
    const deadlineMs = this.#deadlineMs()
    if (nowMs > deadlineMs) {
      // As with a late body: nothing is sent that would be cut off at once.
      sending.giveBack(call)
      return this.#refuse(refuse('UPSTREAM_TIMEOUT', undefined, { reason: lateConnection }))
    }
    if (this.#notes.calledMs === 0) this.#notes.calledMs = nowMs
    this.#grpc?.passTimeout(this, deadlineMs - nowMs)
    sending.begin(call)
    const content = this.#content
    const streams = content !== undefined && !content.isDone
    const body = bodyKind(this.request, content, this.#takesUpgrade(operation))
    const sent = { held: content?.whole, isUpgrade: body === 'tunnel' }
    const head = requestLines(this, this.#stream, endpoint, this.#forwarding, sent, operation)
    const terms = callTerms(operation, deadlineMs)
    if (body === 'tunnel') return this.#beginTunnel(call, head, terms)
    call.begin(this.#replyEvents(operation), this.request.method, head, body, terms)
    if (sent.held !== undefined) call.sendKept(sent.held)
    if (streams) this.#stream.readBody()
  }

  #takesUpgrade({ tunnel }: LinkedOperation): boolean {
    return tunnel !== undefined && this.request.upgrade === tunnel.terms.protocol
  }

  #beginTunnel(call: Call, head: string, terms: CallTerms): void {
    const ways = { stream: this.#stream, call, ordinary: this.#replyEvents(this.#operation!) }
    const { heldBytesMax } = this.#snapshot.plan.limits
    const linked = this.#operation!.tunnel!
    const tools = { runtime: this.#runtime, heldBytesMax, linked, ...ways }
    const tunnel = new Tunnel(this, head, tools)
    call.begin(tunnel, this.request.method, tunnel.head, 'tunnel', terms)
  }

  tunnelOpens(reply: CallReplyHead): boolean {
    this.replyHead(reply)
    return this.#phase === 'replying'
  }

  tunnelEnded({ fault, reason, ...rest }: TunnelEnd): void {
    this.#sending?.end()
    Object.assign(this.#notes, rest)
    this.#record(this.#runtime.clock.nowMs(), fault, reason)
  }

  /** Where nobody verifies replies, they go straight through. */
  #replyEvents(operation: LinkedOperation): CallEvents {
    const taker = this.#replyTaker(operation)
    return this.#grpc?.replyTo(taker, this) ?? taker
  }

  #replyTaker({ verify }: LinkedOperation): CallEvents {
    if (verify.length === 0) return this
    const { occupancy, bug } = this.#runtime
    const { heldBytesMax } = this.#snapshot.plan.limits
    this.#verified?.release()
    this.#verified = new VerifiedReply(this, verify, { occupancy, heldBytesMax, bug })
    return this.#verified
  }

  upstreamWritable(): void {
    if (this.#phase !== 'over') this.#stream.readBody()
  }

  replyInterim(reply: CallReplyHead): void {
    // Its own 100 the gateway has sent before it read the body.
    if (reply.status === 100) return
    this.#guarded(() => {
      const lines = interimLines(reply, this.#operation!, this)
      this.#stream.sendInterim(reply.statusText, lines)
    })
  }

  replyHead(reply: CallReplyHead): void {
    try {
      this.#passHead(reply)
    } catch (error) {
      this.bug(error)
    }
  }

  #passHead(reply: CallReplyHead): void {
    const refusal = this.mappedReply(reply.status)
    if (refusal !== undefined) return this.replyRefused(refusal, undefined)
    const lines = replyLines(reply, this.#operation!, this, this.#runtime.httpDate)
    this.#phase = 'replying'
    this.#notes.status = reply.status
    this.#stream.sendHead(reply.statusText, this.#withPeerLines(lines), reply.bodyLength)
    if (this.#operation!.eventStream !== undefined) this.#beginEvents(reply)
  }

  #withPeerLines(lines: string): string {
    const { replyLines: more } = this.#stream.peer
    return more === undefined ? lines : lines + more()
  }

  #beginEvents(reply: CallReplyHead): void {
    const { eventStream } = this.#operation!
    this.#events = beginEventStream(reply, this.#stream, eventStream!, this.#runtime, (how) => {
      this.#leaveUpstream()
      if (how === 'whole') this.#stream.sendEnd(noValues)
      else this.#stream.cut()
      this.#record(this.#runtime.clock.nowMs(), undefined, undefined)
    })
    if (this.#events === undefined) return
    this.#sending?.call?.retime(endless)
    // The others were told before it began.
    if (this.#runtime.leaves !== undefined) this.#events.leave('stops')
  }

  /** What stands for an upstream's own error, where a client must not see that. */
  mappedReply(status: number): Refusal | undefined {
    return mappedReply(status, this.#operation!, this.#snapshot.plan.audience)
  }

  /** The rest of a reply that is not sent is read where that is cheap: its connection lives on. */
  replyRefused(refusal: Refusal, policy: string | undefined): void {
    const call = this.#sending?.end()
    if (this.#phase === 'replying') call?.abandon()
    else call?.discard()
    this.#refuse(refusal, policy === undefined ? undefined : { policy })
  }

  /** Its connection serves others; what is still to be sent was held. */
  replyRead(): void {
    this.#sending?.end()
    this.#notes.leftUpstream(this.#runtime.clock.nowMs())
  }

  /** False asks who holds the rest to wait until the client takes bytes again. */
  replyPiece(piece: Piece): boolean {
    this.#notes.replyBytes += piece.length
    const goesOn = (this.#events ?? this.#stream).sendPiece(piece)
    if (!goesOn) this.#sending?.call?.pause()
    return goesOn
  }

  clientWritable(): void {
    this.#events?.clientWritable()
    const call = this.#sending?.call
    if (call === undefined) this.#verified?.clientWritable()
    else call.resume()
  }

  /** `sent` is called when the client has all of it. */
  replyEnded(trailers: readonly string[], sent?: () => void): void {
    const nowMs = this.#runtime.clock.nowMs()
    if (this.#sending?.end() !== undefined) this.#notes.leftUpstream(nowMs)
    if (this.#phase !== 'replying') return
    this.#stream.sendEnd(replyTrailers(trailers, this.#operation!, this))
    sent?.()
    this.#record(nowMs, undefined, undefined)
  }

  callFailed(failure: CallFailure): void {
    const sending = this.#sending!
    const stale = sending.mayBeStale(sending.end(), failure)
    if (stale && mayRepeat(failure, this.request.method, this.#content)) return sending.repeat()
    this.#refuse(refuse(callFaults[failure.kind], undefined, { reason: failure.reason }))
  }

  clientGone(fault: FaultCode, reason: string): void {
    if (this.#phase === 'over') return
    this.#leaveUpstream()
    this.#record(this.#runtime.clock.nowMs(), fault, reason)
  }

  #leaveUpstream(): void {
    this.#sending?.leave()
    this.#notes.leftUpstream(this.#runtime.clock.nowMs())
  }

  // finish, send

  #refuse(refusal: Refusal, by?: NamedPolicy): void {
    if (this.#phase === 'over') return
    this.#notes.refused = { refusal, by }
    this.#leaveUpstream()
    if (this.#phase === 'replying') {
      // Half of a reply is out: the client must not take it for the whole.
      if (this.#grpc?.endWith(refusal) !== true) this.#stream.cut()
      return this.#record(this.#runtime.clock.nowMs(), refusal.code, refusal.reason)
    }
    const { plan } = this.#snapshot
    const sent = this.#sending?.hasBegun === true
    const reply = refusedReply(refusal, plan, this.#stream, this.id, sent)
    this.#answer(reply.status, reply.headers, reply.body, refusal)
  }

  /** Sends a reply of the gateway's own. */
  #answer(status: number, headers: string[], body: string, refusal?: Refusal): void {
    const { edit, finish } = this.#operation ?? this.#snapshot
    const edited = { status, headers: editFields(headers, edit) }
    // What threw may be one of these steps: the reply to a bug goes without them.
    if (!this.#broken) for (const step of finish) step(edited, this)
    const bytes = Buffer.from(body)
    // RFC 9110 §8.6: a 204 has no length.
    const length = status === 204 ? 'none' : bytes.length
    const lines = ownReplyLines(edited.headers, length, this.id, this.#runtime.httpDate)
    this.#notes.status = status
    this.#phase = 'replying'
    const statusText = `${status} ${reasonPhrase(status)}`
    this.#stream.sendHead(statusText, this.#withPeerLines(lines), length)
    if (this.request.method !== 'HEAD' || this.#stream.asksOnly === true) {
      this.#notes.replyBytes = bytes.length
      this.#stream.sendPiece(bytes)
    }
    this.#stream.sendEnd(noValues)
    this.#record(this.#runtime.clock.nowMs(), refusal?.code, refusal?.reason)
  }

  #guarded(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.bug(error)
    }
  }

  bug(error: unknown): void {
    this.#broken = true
    this.#runtime.bug(error)
    const reason = stackOf(error)
    this.#refuse(refuse('INTERNAL_ERROR', undefined, { reason }))
  }

  // record

  #record(nowMs: number, fault: FaultCode | undefined, reason: string | undefined): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#release()
    const notes = this.#notes
    if (this.#content !== undefined) notes.requestBytes = this.#content.bytes
    const record = notes.record(this, {
      nowMs,
      finishedEpochMs: this.#runtime.clock.epochMs(),
      fault,
      reason,
      operation: this.#operation?.index ?? -1,
      endpoint: this.#sending?.endpoint,
    })
    if (notes.asides.length === 0) return this.#observe(record)
    const said = () => this.#observe({ ...record, shadows: notes.shadows })
    whenSaid(notes.asides, this.#runtime, said)
  }

  #release(): void {
    this.#content?.release()
    this.#verified?.release()
    this.#events?.release()
    this.#leavePlace?.()
  }

  #observe(record: ExchangeRecord): void {
    this.#runtime.active--
    for (const observe of this.#snapshot.observers) observe(record)
  }
}

const noValues: readonly string[] = Object.freeze([])
/** Whoever streams says himself how long. */
const endless = { replyIdleTimeoutMs: Infinity, deadlineMs: Infinity }
const lateConnection = 'no connection was to be had while the exchange had time'
const lateBody = 'The body took all the time that the exchange has.'

// The continuations of `#runSteps`, made once: a closure for each request would cost more.
const admitted = (self: GatewayExchange): void => self.admitted()
const checked = (self: GatewayExchange): void => self.checked()
const allowed = (self: GatewayExchange): void => self.allow()
const prepared = (self: GatewayExchange): void => self.prepare()
const forwarded = (self: GatewayExchange): void => self.forward()
