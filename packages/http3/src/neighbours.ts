// Threads that serve one port together. The system deals packets out by the client's address and
// port, anew whenever a thread comes or goes; a connection stays where it began. So a packet that
// comes to another thread is handed on: ids of connections name the thread that gave them, and each
// thread listens on a channel of that name. Only threads of this process are on it.
import { BroadcastChannel } from 'node:worker_threads'
import type { FlowClient } from './flow.ts'

interface Handed {
  readonly packet: Uint8Array
  readonly client: FlowClient
  /** It begins a connection, which its thread takes no more. */
  readonly isFirst: boolean
}

interface News {
  readonly thread: string
  readonly state: 'here' | 'leaving' | 'gone'
}

export class Neighbours {
  readonly #own: string
  readonly #place: string
  readonly #states = new Map<string, 'here' | 'leaving'>()
  readonly #news: BroadcastChannel
  readonly #inbox: BroadcastChannel
  readonly #outboxes = new Map<string, BroadcastChannel>()
  #state: News['state'] = 'here'

  /** `place` is the port that they share, `own` the name of this thread. */
  constructor(place: string, own: string, take: (handed: Handed) => void) {
    this.#place = `concordat-http3 ${place}`
    this.#own = own
    this.#news = openChannel(this.#place, (data) => this.#heard(data as News))
    this.#inbox = openChannel(this.#channelOf(own), (data) => take(data as Handed))
    this.#tell()
  }

  #channelOf(thread: string): string {
    return `${this.#place} ${thread}`
  }

  #tell(): void {
    this.#news.postMessage({ thread: this.#own, state: this.#state } satisfies News)
  }

  #heard({ thread, state }: News): void {
    if (state === 'gone') {
      this.#states.delete(thread)
      this.#outboxes.get(thread)?.close()
      this.#outboxes.delete(thread)
      return
    }
    const isNew = !this.#states.has(thread)
    this.#states.set(thread, state)
    // Who comes learns who is there.
    if (isNew) this.#tell()
  }

  /** Hands a packet to the thread that it is for; nothing where there is none of that name. */
  hand(thread: string, packet: Buffer, client: FlowClient): void {
    if (thread !== this.#own && this.#states.has(thread)) this.#post(thread, packet, client, false)
  }

  /** Hands a first packet to a thread that takes new connections; false where there is none. */
  handFirst(packet: Buffer, client: FlowClient): boolean {
    for (const [thread, state] of this.#states) {
      if (state !== 'here') continue
      this.#post(thread, packet, client, true)
      return true
    }
    return false
  }

  #post(thread: string, packet: Buffer, client: FlowClient, isFirst: boolean): void {
    let outbox = this.#outboxes.get(thread)
    if (outbox === undefined) {
      outbox = openChannel(this.#channelOf(thread), () => {})
      this.#outboxes.set(thread, outbox)
    }
    outbox.postMessage({ packet: Uint8Array.from(packet), client, isFirst } satisfies Handed)
  }

  /** New connections go elsewhere from now on. */
  leave(): void {
    this.#state = 'leaving'
    this.#tell()
  }

  close(): void {
    this.#state = 'gone'
    this.#tell()
    for (const channel of [this.#news, this.#inbox, ...this.#outboxes.values()]) channel.close()
    this.#outboxes.clear()
  }
}

function openChannel(name: string, take: (data: unknown) => void): BroadcastChannel {
  const channel = new BroadcastChannel(name)
  channel.addEventListener('message', (message) => take((message as { data: unknown }).data))
  channel.unref()
  return channel
}
