// Threads that serve one port together. The system deals packets out by the client's address and
// port, and anew whenever a thread comes or goes, while connections stay where they began. So for
// some time after that, a packet of nobody who is known here is shown to the others, of whom one may
// know its sender. All of it stays within this process.
import { BroadcastChannel } from 'node:worker_threads'
import type { FlowClient } from './flow.ts'

type Said =
  | { readonly thread: string; readonly is: 'here' | 'leaving' | 'gone' }
  /** A packet for whoever knows the client. */
  | { readonly packet: Uint8Array; readonly client: FlowClient }
  /** A packet that begins a connection, for one that takes it. */
  | { readonly packet: Uint8Array; readonly client: FlowClient; readonly taker: string }

export interface NeighboursOwner {
  /** `isFirst`: it begins a connection, which its thread takes no more. */
  shown(packet: Buffer, client: FlowClient, isFirst: boolean): void
  nowMs(): number
}

/** As long as connections of a thread that was replaced may go on. */
const unsettledMs = 600_000
/** A flood of packets of nobody keeps no other thread busy. */
const shownPerSecondMax = 5_000

export class Neighbours {
  readonly #own: string
  readonly #owner: NeighboursOwner
  readonly #channel: BroadcastChannel
  readonly #threads = new Map<string, 'here' | 'leaving'>()
  #state: 'here' | 'leaving' = 'here'
  #unsettledUntilMs = 0
  #second = 0
  #shown = 0

  /** `place` is the port that they share, `own` a name that no other thread has. */
  constructor(place: string, own: string, owner: NeighboursOwner) {
    this.#own = own
    this.#owner = owner
    this.#channel = new BroadcastChannel(`concordat-http3 ${place}`)
    this.#channel.addEventListener('message', (message) =>
      this.#heard((message as { data: unknown }).data as Said),
    )
    this.#channel.unref()
    this.#say({ thread: own, is: 'here' })
  }

  #say(said: Said): void {
    this.#channel.postMessage(said)
  }

  #heard(said: Said): void {
    if ('thread' in said) return this.#news(said.thread, said.is)
    const isFirst = 'taker' in said
    if (isFirst && said.taker !== this.#own) return
    this.#owner.shown(Buffer.from(said.packet), said.client, isFirst)
  }

  #news(thread: string, is: 'here' | 'leaving' | 'gone'): void {
    this.#unsettledUntilMs = this.#owner.nowMs() + unsettledMs
    if (is === 'gone') return void this.#threads.delete(thread)
    const isNew = !this.#threads.has(thread)
    this.#threads.set(thread, is)
    // Who comes learns who is there.
    if (isNew) this.#say({ thread: this.#own, is: this.#state })
  }

  /** Shows a packet to the others, where one of them may know its sender. */
  show(packet: Buffer, client: FlowClient): void {
    const nowMs = this.#owner.nowMs()
    if (this.#threads.size === 0 || nowMs > this.#unsettledUntilMs) return
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#shown = 0
    }
    if (++this.#shown > shownPerSecondMax) return
    this.#say({ packet: Uint8Array.from(packet), client })
  }

  /** Gives a packet that begins a connection to a thread that takes it, if there is one. */
  giveFirst(packet: Buffer, client: FlowClient): void {
    for (const [taker, is] of this.#threads) {
      if (is === 'leaving') continue
      return this.#say({ packet: Uint8Array.from(packet), client, taker })
    }
  }

  /** New connections go elsewhere from now on. */
  leave(): void {
    this.#state = 'leaving'
    this.#say({ thread: this.#own, is: 'leaving' })
  }

  close(): void {
    this.#say({ thread: this.#own, is: 'gone' })
    this.#channel.close()
  }
}
