// How many event streams and tunnels are open at once: of one client, in all threads, and on one of
// its connections. Each holds memory for as long as its client likes.
import { type Limits, type Occupancy, refuse, type Refusal } from '../base.ts'
import type { Client, StreamPeer } from '../http.ts'

/** When to come back: somebody may have closed one by then. */
const retryMs = 5_000

export class Places {
  readonly #occupancy: Occupancy
  readonly #ofConnection = new WeakMap<StreamPeer, number>()

  constructor(occupancy: Occupancy) {
    this.#occupancy = occupancy
  }

  /** Takes a place, and gives how to leave it. A hop asks for many clients: its own do not count. */
  take(
    { address }: Client,
    peer: StreamPeer,
    limits: Limits,
    isHop: (address: string) => boolean,
  ): { readonly leave: () => void } | { readonly refusal: Refusal } {
    const { liveStreamsPerAddressMax, liveStreamsPerConnectionMax } = limits
    const key = isHop(address) ? undefined : `live ${address}`
    const ofConnection = this.#ofConnection.get(peer) ?? 0
    if (ofConnection >= liveStreamsPerConnectionMax) return full('of the connection')
    if (key !== undefined && this.#occupancy.ofAddress(key) >= liveStreamsPerAddressMax) {
      return full('of the client')
    }
    this.#note(key, peer, 1)
    return { leave: () => this.#note(key, peer, -1) }
  }

  #note(key: string | undefined, peer: StreamPeer, change: number): void {
    this.#ofConnection.set(peer, (this.#ofConnection.get(peer) ?? 0) + change)
    if (key !== undefined) this.#occupancy.noteAddress(key, change)
  }
}

const full = (whose: string) => ({
  refusal: refuse('LIMIT_EXCEEDED', 'Too many streams are open at once.', {
    retryAfterMs: retryMs,
    reason: `all places for streams ${whose} are taken`,
  }),
})
