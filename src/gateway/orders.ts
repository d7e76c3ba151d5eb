// What passes between the main thread and a worker. Nothing of it is on a request's path.
import type { Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import type { CountsNews, KeptExchange, ShadowNews, ThreadGauges } from '../telemetry.ts'
import type { ListenAt, TlsMaterial } from '../wire.ts'
import type { EngineOptions, SharedMemories } from '../engine.ts'

/** What a worker starts with. */
export interface WorkerData extends EngineOptions {
  /** From 1 on; no two that run have the same. */
  readonly thread: number
  /** See `heartbeat.ts`. */
  readonly beat: SharedArrayBuffer
}

/** Asked by the main thread; `id` comes back with the answer. */
export type Order =
  /** Links a bundle; it is in force from `commit` on, and forgotten at `discard`. */
  | { readonly order: 'prepare'; readonly bundle: Uint8Array; readonly states: SharedMemories }
  | { readonly order: 'commit' }
  | { readonly order: 'discard' }
  | { readonly order: 'listen'; readonly listener: number; readonly at: ListenShare }
  /** What its listeners prove themselves by from now on. */
  | { readonly order: 'prove'; readonly material: TlsMaterial }
  /** Answered with its listening servers, parked. */
  | { readonly order: 'release' }
  | { readonly order: 'gauges' }
  | { readonly order: 'recall'; readonly id: string }
  | { readonly order: 'drain' }
  | { readonly order: 'close'; readonly timeoutMs: number; readonly noticeMs: number }

/** What a worker takes connections from: it binds no port by itself. */
export type ListenShare = Exclude<ListenAt, { readonly host: string }>

export type Asked =
  | { readonly id: number; readonly ask: Order }
  /** A connection that the main thread accepted, for the listener of that number. */
  | { readonly given: Socket; readonly listener: number }

/** Told to the main thread. */
export type Report =
  /** It has linked its bundle and takes orders. */
  | { readonly report: 'ready' }
  | { readonly report: 'failed'; readonly problem: string }
  | { readonly report: 'bug'; readonly text: string }
  | { readonly report: 'warning'; readonly text: string }
  | { readonly report: 'counts'; readonly news: readonly CountsNews[] }
  | { readonly report: 'shadows'; readonly news: ShadowNews }
  | { readonly report: 'done'; readonly id: number; readonly answer: Answer }
  | { readonly report: 'refused'; readonly id: number; readonly text: string }

export interface Answer {
  readonly gauges?: ThreadGauges
  readonly kept?: KeptExchange | undefined
  readonly parked?: readonly ParkedListener[]
}

/** A listening server that a worker gives up, and which of its listeners it is. */
export interface ParkedListener {
  readonly listener: number
  readonly parked: MessagePort
}
