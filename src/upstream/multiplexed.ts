// The connections to an endpoint that HTTP/2 is spoken to: few, and many calls on each. Another one
// is opened where those that stand have no room left. The first in line is filled first: when load
// falls the last go unused and time out, so the pool shrinks by itself.
//
// Of an endpoint that chooses HTTP/1.1 in the handshake each carries one call; how many calls the
// last one took is what is expected of the next.
import {
  type Call,
  type Carrier,
  type CarrierKeeper,
  type Http2Choice,
  Opening,
  type Unopened,
} from '../wire.ts'
import { type EndpointConnections, failureOf, type PoolTools, type Taker } from './pool.ts'
import type { Transport } from './transport.ts'

interface Waiting {
  readonly taker: Taker
  /** Whether it waits for a connection that was opened behind it. */
  readonly fresh: boolean
  readonly untilMs: number
}

/** As many as an endpoint takes that has not said yet (RFC 9113 §6.5.2 recommends no fewer). */
const callsExpected = 100

export class Multiplexed implements EndpointConnections, CarrierKeeper {
  readonly transport: Transport
  sweepIndex = -1
  readonly restUntilMs = 0
  readonly #choice: Http2Choice
  #tools: PoolTools
  readonly #carriers: Carrier[] = []
  /** As many as clients have, and not what requests wait for. */
  readonly #tunnels = new Set<Carrier>()
  readonly #openings = new Set<Opening>()
  #waiting: Waiting[] = []
  #callsExpected = callsExpected
  #retired: (() => void) | undefined

  constructor(transport: Transport, choice: Http2Choice, tools: PoolTools) {
    this.transport = transport
    this.#choice = choice
    this.#tools = tools
  }

  get idleConnections(): number {
    return this.#carriers.filter(({ calls }) => calls === 0).length
  }

  /** Calls, for that is what an endpoint has to do. */
  get activeConnections(): number {
    return this.#carriers.reduce((sum, { calls }) => sum + calls, this.#tunnels.size)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get #connections(): number {
    return this.#carriers.length + this.#openings.size
  }

  get #isFull(): boolean {
    return this.#connections >= this.#tools.limits.endpointConnectionsMax
  }

  /** Calls for which connections are on their way. */
  get #promised(): number {
    return this.#openings.size * this.#callsExpected
  }

  takeIdle(): Call | undefined {
    const carriers = this.#carriers
    for (let i = 0; i < carriers.length; i++) {
      if (carriers[i]!.room > 0) return carriers[i]!.takeCall()
    }
    return undefined
  }

  take(taker: Taker, fresh = false): void {
    const isFull = this.#isFull
    // A full pool has none that is fresh; any that stands is better than none.
    const wantsFresh = fresh && !isFull
    const call = wantsFresh ? undefined : this.takeIdle()
    if (call !== undefined) return taker.connected(call)
    const { clock, limits, sweeper } = this.#tools
    if (isFull && this.#waiting.length >= this.#promised + limits.endpointQueueMax) {
      return taker.unconnected('busy', 'the queue for connections is full')
    }
    if (this.sweepIndex < 0) sweeper.add(this)
    const untilMs = clock.nowMs() + limits.connectTimeoutMs
    this.#waiting.push({ taker, fresh: wantsFresh, untilMs })
    this.#openMore()
  }

  giveBack(call: Call): void {
    // Later: a queue of takers who all have no use for it must not become a stack as deep.
    queueMicrotask(() => this.#carriers.some((one) => one.release(call)))
  }

  cancel(taker: Taker): void {
    this.#waiting = this.#waiting.filter((one) => one.taker !== taker)
    this.#settle()
  }

  retire(over: () => void): void {
    this.#retired = over
    for (const carrier of this.#carriers.slice()) this.#closeUnused(carrier)
    this.#settle()
  }

  use(tools: PoolTools): void {
    this.#tools = tools
    this.#retired = undefined
  }

  destroy(): void {
    for (const opening of this.#openings) opening.close()
    for (const carrier of [...this.#carriers, ...this.#tunnels]) carrier.close()
  }

  #openMore(): void {
    // Who takes no call at all for now is asked no more by being asked more often.
    if (this.#carriers.some(({ callsMax }) => callsMax === 0)) return
    const { bug, connect, limits, occupancy, sweeper } = this.#tools
    const { transport } = this
    while (this.#promised < this.#waiting.length && !this.#isFull) {
      const tools = { sweeper, limits, keeper: this, bug }
      const opens = connect ?? transport.connect
      this.#openings.add(new Opening(transport.address, tools, this.#choice, opens))
      occupancy?.note('endpointConnections', 1)
    }
  }

  opened(opening: Opening, carrier: Carrier): void {
    this.#openings.delete(opening)
    this.#carriers.push(carrier)
    this.#callsExpected = Math.max(1, carrier.callsMax)
    this.#serve(carrier, true)
    this.#openMore()
    if (this.#retired !== undefined) this.#closeUnused(carrier)
  }

  freed(carrier: Carrier): void {
    this.#callsExpected = Math.max(1, carrier.callsMax)
    this.#serve(carrier, this.#isFull)
    if (this.#retired !== undefined) this.#closeUnused(carrier)
  }

  /** Gives its room to those who wait, in order; `forAll`: to those who want a fresh one, too. */
  #serve(carrier: Carrier, forAll: boolean): void {
    while (this.#waiting.length > 0 && carrier.room > 0) {
      const next = forAll ? this.#waiting.shift() : this.#nextOfAny()
      if (next === undefined) return
      next.taker.connected(carrier.takeCall())
    }
  }

  #nextOfAny(): Waiting | undefined {
    const at = this.#waiting.findIndex(({ fresh }) => !fresh)
    if (at <= 0) return at < 0 ? undefined : this.#waiting.shift()
    return this.#waiting.splice(at, 1)[0]
  }

  #closeUnused(carrier: Carrier): void {
    if (carrier.calls === 0) carrier.close()
  }

  unopened(opening: Opening, unopened: Unopened): void {
    const promised = this.#callsExpected
    this.#openings.delete(opening)
    this.#left()
    // Who waits has a deadline of its own: whose connection timed out is not the next one's loss.
    const failed = unopened.why === 'late' ? [] : this.#waiting.splice(0, promised)
    const reason = `the connection ${unopened.reason}`
    for (const { taker } of failed) taker.unconnected(failureOf(unopened), reason)
    this.#openMore()
    this.#settle()
  }

  upgraded(carrier: Carrier): void {
    this.#carriers.splice(this.#carriers.indexOf(carrier), 1)
    this.#tunnels.add(carrier)
    this.#openMore()
  }

  closed(carrier: Carrier): void {
    this.#tunnels.delete(carrier)
    const at = this.#carriers.indexOf(carrier)
    if (at >= 0) this.#carriers.splice(at, 1)
    this.#left()
    this.#openMore()
    this.#settle()
  }

  #left(): void {
    this.#tools.occupancy?.note('endpointConnections', -1)
  }

  #settle(): void {
    if (this.#waiting.length > 0) return
    // Nobody's time is measured.
    this.#tools.sweeper.remove(this)
    if (this.#connections + this.#tunnels.size === 0) this.#retired?.()
  }

  threw(error: unknown): void {
    this.#tools.bug(error)
    // Others may wait here. A sweep lets go of whom it tells: what throws does not come back.
    if (this.#waiting.length > 0) this.#tools.sweeper.add(this)
  }

  sweep(nowMs: number): void {
    for (;;) {
      const first = this.#waiting[0]
      if (first === undefined) return this.#settle()
      if (first.untilMs > nowMs) return
      this.#waiting.shift()
      if (this.#isFull && this.#carriers.length > 0)
        first.taker.unconnected('busy', 'no connection became free in time')
      else first.taker.unconnected('timeout', 'no connection opened in time')
    }
  }
}
