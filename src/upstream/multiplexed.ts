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
import {
  type EndpointConnections,
  failureOf,
  type PoolTools,
  type Taker,
  type Unconnected,
} from './pool.ts'
import type { Transport } from './transport.ts'
import { type LineOwner, WaitingLine } from './waiting-line.ts'

/** As many as an endpoint takes that has not said yet (RFC 9113 §6.5.2 recommends no fewer). */
const callsExpected = 100

export class Multiplexed implements EndpointConnections, CarrierKeeper, LineOwner {
  readonly transport: Transport
  readonly #choice: Http2Choice
  tools: PoolTools
  readonly #carriers: Carrier[] = []
  /** As many as clients have, and not what requests wait for. */
  readonly #tunnels = new Set<Carrier>()
  readonly #openings = new Set<Opening>()
  readonly line = new WaitingLine(this)
  #callsExpected = callsExpected
  #retired: (() => void) | undefined

  constructor(transport: Transport, choice: Http2Choice, tools: PoolTools) {
    this.transport = transport
    this.#choice = choice
    this.tools = tools
  }

  get idleConnections(): number {
    return this.#carriers.filter(({ calls }) => calls === 0).length
  }

  /** Calls, for that is what an endpoint has to do. */
  get activeConnections(): number {
    return this.#carriers.reduce((sum, { calls }) => sum + calls, this.#tunnels.size)
  }

  get waiting(): number {
    return this.line.length
  }

  get #connections(): number {
    return this.#carriers.length + this.#openings.size
  }

  get #isFull(): boolean {
    return this.#connections >= this.tools.limits.endpointConnectionsMax
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
    const { limits } = this.tools
    if (isFull && this.line.length >= this.#promised + limits.endpointQueueMax) {
      return taker.unconnected('busy', 'the queue for connections is full')
    }
    this.line.join(taker, wantsFresh)
    this.#openMore()
  }

  giveBack(call: Call): void {
    // Later: a queue of takers who all have no use for it must not become a stack as deep.
    queueMicrotask(() => this.#carriers.some((one) => one.release(call)))
  }

  cancel(taker: Taker): void {
    this.line.leave(taker)
  }

  retire(over: () => void): void {
    this.#retired = over
    for (const carrier of this.#carriers.slice()) this.#closeUnused(carrier)
    this.line.settle()
  }

  use(tools: PoolTools): void {
    this.tools = tools
    this.#retired = undefined
  }

  destroy(): void {
    for (const opening of this.#openings) opening.close()
    for (const carrier of [...this.#carriers, ...this.#tunnels]) carrier.close()
  }

  #openMore(): void {
    // Who takes no call at all for now is asked no more by being asked more often.
    if (this.#carriers.some(({ callsMax }) => callsMax === 0)) return
    const { bug, connect, limits, occupancy, sweeper } = this.tools
    const { transport } = this
    while (this.#promised < this.line.length && !this.#isFull) {
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
    while (this.line.length > 0 && carrier.room > 0) {
      const next = forAll ? this.line.next() : this.line.nextOfAny()
      if (next === undefined) return
      next.connected(carrier.takeCall())
    }
  }

  #closeUnused(carrier: Carrier): void {
    if (carrier.calls === 0) carrier.close()
  }

  unopened(opening: Opening, unopened: Unopened): void {
    const promised = this.#callsExpected
    this.#openings.delete(opening)
    this.#left()
    // Who waits has a deadline of its own: whose connection timed out is not the next one's loss.
    const failed = unopened.why === 'late' ? [] : this.line.nextOnes(promised)
    const reason = `the connection ${unopened.reason}`
    for (const taker of failed) taker.unconnected(failureOf(unopened), reason)
    this.#openMore()
    this.line.settle()
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
    this.line.settle()
  }

  #left(): void {
    this.tools.occupancy?.note('endpointConnections', -1)
  }

  settled(): void {
    if (this.#connections + this.#tunnels.size === 0) this.#retired?.()
  }

  late(): readonly [why: Unconnected, reason: string] {
    return this.#isFull && this.#carriers.length > 0
      ? ['busy', 'no connection became free in time']
      : ['timeout', 'no connection opened in time']
  }
}
