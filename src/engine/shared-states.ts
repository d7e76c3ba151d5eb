// The memory in which policies remember, by names of their own. The main thread owns it and hands it
// to every thread that serves, so that they count together. It outlives the snapshot that first
// asked for it, and is let go when neither the snapshot in force nor the one before names it.
import type { StateNeed } from '../policy.ts'

/** By the names that policies gave. */
export type SharedMemories = Readonly<Record<string, SharedArrayBuffer>>

export class SharedStates {
  #kept: ReadonlyMap<string, SharedArrayBuffer> = new Map()
  #inForce: SharedMemories = {}

  /** What a snapshot with these needs is to be given: what there is, and new where there is none. */
  for(needs: readonly StateNeed[]): SharedMemories {
    return Object.fromEntries(needs.map((need) => [need.name, this.#memory(need)]))
  }

  /** The snapshot that was given these is in force. Exchanges may still use those of the one before. */
  took(memories: SharedMemories): void {
    this.#kept = new Map([...Object.entries(this.#inForce), ...Object.entries(memories)])
    this.#inForce = memories
  }

  #memory({ name, bytesMax }: StateNeed): SharedArrayBuffer {
    const kept = this.#kept.get(name)
    return kept?.byteLength === bytesMax ? kept : pagedMemory(bytesMax)
  }
}

/**
 * Memory whose pages the system gives at their first use: a large table of few addresses is small.
 * What could grow is mapped by itself. What could not comes from the C heap, which zeroes a piece
 * that it has had before, so that soon all pages are in use: 400 reloads, each with ten limits of its
 * own, took 1.8 GB more. A limit reads it 0.08 µs slower.
 */
function pagedMemory(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes, { maxByteLength: bytes })
}
