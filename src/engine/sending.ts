// The way of one request to its upstream: an endpoint, a connection to it, the call on that; and
// another of each as long as nothing can have come of the one before.
import type { Refusal } from '../base.ts'
import type { Client, SentTo, StreamPeer } from '../http.ts'
import type { Endpoint, Taker, Unconnected, Upstream } from '../upstream.ts'
import type { Call, CallFailure, ClientRoute } from '../wire.ts'
import { isUnprocessed, unconnected } from './causes.ts'
import { clientRoute } from './client-route.ts'

/** Whose request it is. */
export interface Sender {
  readonly client: Client
  /** A connection is there: the request can begin on it. */
  connected(call: Call, endpoint: Endpoint): void
  /** Nothing was sent, and nothing will be. */
  unsent(refusal: Refusal): void
  bug(error: unknown): void
}

/** Endpoints that are tried while nothing could be sent to any. */
const endpointsMax = 3

export class Sending implements Taker {
  readonly #sender: Sender
  readonly #upstream: Upstream
  readonly #peer: StreamPeer
  #endpoint: Endpoint | undefined
  #tried = 0
  #isWaiting = false
  #hasRepeated = false
  /** Under way; undefined before, and once its connection is another's. */
  call: Call | undefined
  /** Whether a request has begun on any connection. */
  hasBegun = false
  /** Whether a connection had to be waited for. */
  hasWaited = false

  constructor(sender: Sender, upstream: Upstream, peer: StreamPeer) {
    this.#sender = sender
    this.#upstream = upstream
    this.#peer = peer
  }

  start(): void {
    this.#try(this.#upstream.next(), false)
  }

  #try(endpoint: Endpoint, fresh: boolean): void {
    this.#endpoint = endpoint
    this.#tried++
    const idle = fresh ? undefined : endpoint.pool.takeIdle()
    if (idle !== undefined) return this.connected(idle)
    this.hasWaited = true
    this.#isWaiting = true
    endpoint.pool.take(this, fresh)
  }

  /** For endpoints that are told below HTTP who asks. */
  get route(): ClientRoute {
    return clientRoute(this.#sender.client, this.#peer)
  }

  connected(call: Call): void {
    this.#isWaiting = false
    try {
      this.#sender.connected(call, this.#endpoint!)
    } catch (error) {
      this.#sender.bug(error)
    }
  }

  unconnected(why: Unconnected, reason: string): void {
    this.#isWaiting = false
    const others = Math.min(endpointsMax, this.#upstream.endpoints.length)
    try {
      if (this.#tried < others) this.#try(this.#upstream.after(this.#endpoint!), false)
      else this.#sender.unsent(unconnected(why, reason))
    } catch (error) {
      this.#sender.bug(error)
    }
  }

  /** The request begins on a connection that came. */
  begin(call: Call): void {
    this.call = call
    this.hasBegun = true
  }

  /** It was not worth beginning. */
  giveBack(call: Call): void {
    this.#endpoint!.pool.giveBack(call)
  }

  /** Once, over a connection that has served nobody. */
  repeat(): void {
    this.#hasRepeated = true
    this.#try(this.#endpoint!, true)
  }

  /** Whether a call that failed may have met with a connection that was already at its end. */
  mayBeStale(call: Call | undefined, failure: CallFailure): boolean {
    return !this.#hasRepeated && (call?.waited === true || isUnprocessed(failure))
  }

  /** The call that was under way; its connection is of no concern from now on. */
  end(): Call | undefined {
    const { call } = this
    this.call = undefined
    return call
  }

  /** Forgets it, however far it has come: an endpoint never sees the rest. */
  leave(): void {
    if (this.#isWaiting) this.#endpoint!.pool.cancel(this)
    this.#isWaiting = false
    this.end()?.abandon()
  }

  /** Its name, for records. */
  get endpoint(): string | undefined {
    return this.#endpoint?.name
  }

  get sentTo(): SentTo | undefined {
    if (!this.hasBegun) return undefined
    const { name, basePath } = this.#endpoint!
    return { authority: name, basePath }
  }
}
