// The data plane of one thread: its listeners, the snapshot in force, and what counts and logs.
// It runs in a worker, or in any thread of a host program.
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import {
  assert,
  type Clock,
  defaultLimits,
  type Limits,
  type Occupancy,
  type Random,
  type Refusal,
  soleOccupancy,
  within,
} from '../base.ts'
import { dateSource, type Stream } from '../http.ts'
import { ownRegistry, type Registry } from '../policy.ts'
import { type ListenerPlan, openSnapshot } from '../snapshot.ts'
import {
  type CountsNews,
  type Counts,
  createAccessLog,
  createCounts,
  createIds,
  type KeptExchange,
  KeptExchanges,
  type LineWriter,
  type Observe,
  type ServingGauges,
  ShadowCounts,
  type ShadowNews,
} from '../telemetry.ts'
import { Upstreams } from '../upstream.ts'
import {
  type Connect,
  HandshakeLine,
  listen,
  type ListenAt,
  noTlsMaterial,
  Sweeper,
  systemDescriptors,
  TlsIdentities,
  type TlsMaterial,
  type WireServer,
} from '../wire.ts'
import { askedStream } from './asked-stream.ts'
import { blobOf } from './blobs.ts'
import { GatewayExchange } from './exchange.ts'
import { Http3Listeners } from './http3.ts'
import { Health, healthUpstream } from './grpc-health.ts'
import { grpcWebStream } from './grpc-web-stream.ts'
import { bundleRelease } from './let-go.ts'
import { overloadedReply } from './overloaded.ts'
import { ownAnswer } from './own-answers.ts'
import { limitsOfThread } from './room.ts'
import { Places } from './places.ts'
import type { LeaveReason, Runtime } from './runtime.ts'
import { linkSnapshot, policiesInShadow, type Snapshot } from './snapshot.ts'
import type { SharedMemories } from './shared-states.ts'
import { States } from './states.ts'

export interface EngineSetup {
  readonly clock: Clock
  readonly random: Random
  /** Takes the lines of the access log; undefined: none is written. */
  readonly lines: LineWriter | undefined
  readonly redact: readonly string[]
  /** Tells the main thread what is counted where. */
  readonly announce: (news: CountsNews) => void
  /** Tells it, twice a second, what policies in shadow would have refused. */
  readonly shadowed?: ((news: ShadowNews) => void) | undefined
  /** What all threads hold; undefined: this one is alone. */
  readonly occupancy?: Occupancy | undefined
  /** How connections to endpoints are opened, where not over the network. */
  readonly connect?: Connect | undefined
  readonly bug: (error: unknown) => void
  /** Takes a sentence for the operator. */
  readonly warn: (sentence: string) => void
}

/**
 * A server, and the number of the listener that it is. Of one there may be several, where threads
 * that left gave them up.
 */
interface Listening {
  readonly listener: number
  readonly server: WireServer
}

/** How old the totals of a thread may be when it ends. */
const notePeriodMs = 500

/** How long a thread that ends waits for its log to take the last lines. */
const lastLinesMs = 1_000

export class Engine {
  readonly #setup: EngineSetup
  readonly #sweeper: Sweeper
  readonly #upstreams = new Upstreams()
  readonly #runtime: Runtime
  readonly #counts: Counts
  readonly #stopNoting: () => void
  readonly #accessLog: ReturnType<typeof createAccessLog> | undefined
  readonly #kept: KeptExchanges
  readonly #shadows = new ShadowCounts()
  readonly #descriptors = systemDescriptors()
  readonly #health = new Health()
  #snapshot: Snapshot | undefined
  #bundleBytes = 0
  readonly #letGo: (bytes: number) => void
  #limits: Limits = defaultLimits
  readonly #servers: Listening[] = []
  readonly #http3: Http3Listeners
  readonly #handshakes: HandshakeLine
  #identities = new TlsIdentities(noTlsMaterial)
  #answers: ReadonlyMap<string, string> = new Map()
  #draining = false
  #closing: Promise<void> | undefined

  constructor(setup: EngineSetup) {
    const { announce, clock, lines, redact, bug } = setup
    this.#setup = setup
    this.#sweeper = new Sweeper(clock, bug)
    this.#http3 = this.#newHttp3()
    this.#handshakes = new HandshakeLine(() => clock.nowMs())
    this.#letGo = bundleRelease(clock)
    this.#counts = createCounts({ announce })
    this.#stopNoting = clock.every(notePeriodMs, () => this.#noteTotals())
    this.#accessLog = lines === undefined ? undefined : createAccessLog({ lines, redact })
    this.#kept = new KeptExchanges({ redact })
    const occupancy = setup.occupancy ?? soleOccupancy(setup.random)
    this.#runtime = {
      clock,
      newId: createIds(randomBytes),
      pseudonym: `concordat-${randomBytes(6).toString('hex')}`,
      httpDate: dateSource(clock),
      occupancy,
      places: new Places(occupancy),
      active: 0,
      lasting: new Set(),
      leaves: undefined,
      random: setup.random,
      lateRecords: new Set(),
      bug,
    }
  }

  /** 0 where it listens on none of its own. */
  portOf(listener: number): number {
    return this.#of(listener).find(({ port }) => port !== 0)?.port ?? 0
  }

  #of(listener: number): WireServer[] {
    return this.#servers.filter((one) => one.listener === listener).map(({ server }) => server)
  }

  get revision(): string {
    return this.#snapshot?.plan.revision ?? ''
  }

  /**
   * Links a bundle. What it gives puts it in force; exchanges under way end with the one that they
   * began with. Throws where the bundle cannot be linked: nothing has changed then.
   */
  prepare(
    bundle: Uint8Array,
    memories: SharedMemories,
    registry: Registry = ownRegistry,
  ): () => void {
    const plan = openSnapshot(bundle)
    const { clock, random, bug } = this.#setup
    const { occupancy } = this.#runtime
    const limits = limitsOfThread(plan, occupancy.threads, this.#descriptors)
    const { connect } = this.#setup
    const pools = { clock, sweeper: this.#sweeper, limits, bug, occupancy, connect }
    const linked = this.#upstreams.link(plan.upstreams, pools, blobOf(plan.blobs))
    const observers: Observe[] = []
    const tools = {
      registry,
      random,
      nowMs: () => clock.nowMs(),
      states: new States(memories),
      upstreams: linked.upstreams,
      own: healthUpstream(plan.grpcServices ?? [], this.#health, this.#runtime),
      bug,
      observers,
    }
    const snapshot = linkSnapshot(plan, tools)
    return () => {
      observers.push(this.#counts.bind(plan.names))
      if (this.#accessLog !== undefined) observers.push(this.#accessLog.bind(plan.names))
      observers.push(this.#kept.bind(plan.names, plan.revision))
      observers.push(this.#shadows.bind(plan.names, policiesInShadow(snapshot)))
      linked.take()
      this.#snapshot = snapshot
      this.#letGo(this.#bundleBytes)
      this.#bundleBytes = bundle.length
      this.#limits = limits
    }
  }

  /** Rejects with the system's error where it cannot listen. A snapshot must be in force. */
  async listen(at: ListenAt, listener = 0): Promise<void> {
    const { clock, bug, warn } = this.#setup
    const traits = () => this.#snapshot!.plan.listeners?.[listener] ?? {}
    const server = await listen({
      at,
      clock,
      sweeper: this.#sweeper,
      limits: () => this.#limits,
      occupancy: this.#runtime.occupancy,
      descriptors: this.#descriptors,
      warn,
      isTrustedHop: (address) => this.#snapshot!.isTrustedHop(address),
      isAnnounced: () => traits().proxyProtocol === true,
      identities: () => (traits().tls === true ? this.#identities : undefined),
      handshakes: this.#handshakes,
      replyLines: () => this.#http3.linesOf(listener),
      overloaded: () => overloadedReply(this.#runtime, this.#snapshot!),
      exchange: (stream) => this.#serveAt(stream, traits()),
      malformed: (stream, refusal) => this.serve(stream, refusal),
      bug,
    })
    // Whoever closed meanwhile did not know of it.
    if (this.#closing !== undefined) return server.close()
    if (this.#draining) server.drain()
    this.#servers.push({ listener, server })
    const { http3 } = traits()
    if (http3 !== undefined) await this.#http3.open(listener, http3, server.port)
  }

  #newHttp3(): Http3Listeners {
    const { clock, bug, warn } = this.#setup
    return new Http3Listeners({
      clock,
      sweeper: this.#sweeper,
      limits: () => this.#limits,
      occupancy: () => this.#runtime.occupancy,
      isTrustedHop: (address) => this.#snapshot!.isTrustedHop(address),
      exchange: (stream) => this.serve(stream),
      malformed: (stream, refusal) => this.serve(stream, refusal),
      bug,
      warn,
    })
  }

  /**
   * What listeners prove themselves by from now on; handshakes under way go on. Throws where it is
   * of no use: nothing has changed then.
   */
  prove(material: TlsMaterial): void {
    this.#identities = new TlsIdentities(material, this.#identities)
    const { answers } = material
    this.#answers = new Map(answers.map(({ token, keyAuthorization }) => [token, keyAuthorization]))
    this.#http3.renew(material)
  }

  #serveAt(stream: Stream, { httpsPort }: ListenerPlan): void {
    if (httpsPort === undefined && this.#answers.size === 0) return this.serve(stream)
    const { httpDate } = this.#runtime
    const port = httpsPort === 0 ? this.#securePort() : httpsPort
    const own = ownAnswer(stream, { answers: this.#answers, httpsPort: port, httpDate })
    if (own !== true) this.serve(stream, own === false ? undefined : own)
  }

  /** Of the first listener with TLS, where any free one was taken. */
  #securePort(): number {
    const { listeners = [] } = this.#snapshot!.plan
    return this.portOf(listeners.findIndex(({ tls }) => tls === true))
  }

  /** Serves one request, wherever its stream comes from; `broken` where it is none. */
  serve(stream: Stream, broken?: Refusal): void {
    if (broken === undefined) runExchange(this.#runtime, this.#snapshot!, stream)
    else new GatewayExchange(this.#runtime, this.#snapshot!, stream).runMalformed(broken)
  }

  /** A connection that the main thread accepted. */
  adopt(socket: Socket, listener = 0): void {
    const [server] = this.#of(listener)
    assert(server !== undefined, 'connections are given to who listens')
    server.adopt(socket)
  }

  /** Gives up its listening servers for another thread; its connections go on. */
  release(): { readonly listener: number; readonly parked: MessagePort }[] {
    return this.#servers.flatMap(({ listener, server }) => {
      const parked = server.release()
      return parked === undefined ? [] : [{ listener, parked }]
    })
  }

  /** From now on each reply is the last of its connection; accepting goes on. */
  drain(): void {
    this.#draining = true
    this.#health.stop()
    for (const { server } of this.#servers) server.drain()
    this.#http3.drain()
  }

  gauges(): ServingGauges {
    this.#noteTotals()
    return {
      activeExchanges: this.#runtime.active,
      liveStreams: this.#runtime.lasting.size,
      connections:
        sum(this.#servers.map(({ server }) => server.connections)) + this.#http3.connections,
      connectionsMax: this.#limits.connectionsMax,
      heldBytes: this.#runtime.occupancy.own('heldBytes'),
      endpoints: this.#upstreams.states(),
    }
  }

  /** When all exchanges that are over have their records. */
  async recorded(): Promise<void> {
    await Promise.all(this.#runtime.lateRecords)
  }

  /** What is kept of an exchange that was refused, failed or was noted in shadow. */
  recall(id: string): KeptExchange | undefined {
    return this.#kept.find(id)
  }

  /**
   * Takes no more connections and waits for exchanges under way, so long at most. Connections at
   * rest have notice of it: one more exchange. Asked again the shorter times count.
   */
  async close(timeoutMs: number, noticeMs = 0): Promise<void> {
    const cancel = this.#setup.clock.after(timeoutMs, () => {
      for (const { server } of this.#servers) server.destroy()
      this.#http3.destroy()
    })
    this.#closing ??= this.#end(noticeMs)
    this.#leave(noticeMs === 0 ? 'stops' : 'renews')
    if (noticeMs === 0) for (const { server } of this.#servers) void server.close()
    if (noticeMs === 0) void this.#http3.close(0)
    await this.#closing
    cancel()
  }

  #leave(why: LeaveReason): void {
    this.#runtime.leaves = why
    for (const one of this.#runtime.lasting) one.leave(why)
  }

  // Once: a descriptor that is closed twice may be another's by then.
  async #end(noticeMs: number): Promise<void> {
    const closing = this.#servers.map(({ server }) => server.close(noticeMs))
    await Promise.all([...closing, this.#http3.close(noticeMs)])
    await this.recorded()
    this.#upstreams.destroy()
    this.#sweeper.stop()
    await this.#lastLines()
    this.#stopNoting()
    this.#noteTotals()
  }

  /** Whoever reads the log may have stopped to: he holds nobody up. */
  async #lastLines(): Promise<void> {
    const { clock, lines } = this.#setup
    if (lines !== undefined) await within(clock, lastLinesMs, lines.close())
  }

  #noteTotals(): void {
    const news = this.#shadows.take()
    if (news !== undefined) this.#setup.shadowed?.(news)
    this.#counts.note({
      refusedConnections:
        sum(this.#servers.map(({ server }) => server.refusedConnections)) +
        this.#http3.refusedConnections,
      logLinesDropped: this.#setup.lines?.dropped() ?? 0,
      acceptPauses: sum(this.#servers.map(({ server }) => server.pauses)),
    })
  }
}

/** What another proxy asks about runs as if it had come here, and gRPC-Web as gRPC. */
function runExchange(runtime: Runtime, snapshot: Snapshot, stream: Stream): void {
  const { forwardAuth, grpcServices } = snapshot.plan
  const asked = forwardAuth === true ? (askedStream(stream, snapshot) ?? stream) : stream
  if ('code' in asked) return new GatewayExchange(runtime, snapshot, stream).runMalformed(asked)
  const web = grpcServices === undefined ? undefined : grpcWebStream(asked)
  new GatewayExchange(runtime, snapshot, web ?? asked).run()
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
