// What the policies of one snapshot remember, in this thread: objects over memory that all threads
// share and that outlives the snapshot. An object itself is of this thread and this snapshot alone.
import { assert } from '../base.ts'
import type { StateNeed } from '../policy.ts'
import type { SharedMemories } from './shared-states.ts'

export class States {
  readonly #memories: SharedMemories
  readonly #made = new Map<string, unknown>()

  constructor(memories: SharedMemories) {
    this.#memories = memories
  }

  /** One object for each name, made over its memory on first use. */
  get<S>({ name, bytesMax }: StateNeed, make: (memory: SharedArrayBuffer) => S): S {
    const memory = this.#memories[name]
    assert(memory?.byteLength === bytesMax, 'a policy names what it remembers')
    if (!this.#made.has(name)) this.#made.set(name, make(memory))
    return this.#made.get(name) as S
  }
}
