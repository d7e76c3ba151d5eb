// A thread that takes tokens as fast as it can, for tests of tables that threads share.
import { workerData } from 'node:worker_threads'
import { seededRandom, systemClock } from '../src/base.ts'
import { BucketTable, type Rate } from '../src/policy/buckets.ts'

/** What a thread is given; `taken`, `firstMs` and `lastMs` have a cell for each address. */
export interface Hammering {
  readonly memory: SharedArrayBuffer
  readonly rate: Rate
  readonly addresses: number
  /** Times that each address is tried in a round. */
  readonly tries: number
  readonly rounds: number
  /** Where the clock stands still; else time passes. */
  readonly nowMs: number | undefined
  /** The first cell counts the threads that have begun, the second those that are done. */
  readonly progress: SharedArrayBuffer
  readonly threads: number
  readonly taken: SharedArrayBuffer
  readonly firstMs: Float64Array
  readonly lastMs: Float64Array
}

const given = workerData as Hammering
const { memory, rate, addresses, tries, rounds, firstMs, lastMs } = given
const table = new BucketTable(memory, seededRandom(performance.now()))
const taken = new Int32Array(given.taken)
const progress = new Int32Array(given.progress)

begun()
for (let round = 0; round < rounds; round++) {
  for (let address = 0; address < addresses; address++) hammer(address)
}
Atomics.add(progress, 1, 1)
Atomics.notify(progress, 1)

/** All begin together. */
function begun(): void {
  const before = Atomics.add(progress, 0, 1)
  Atomics.notify(progress, 0)
  for (let seen = before + 1; seen < given.threads; seen = Atomics.load(progress, 0)) {
    Atomics.wait(progress, 0, seen)
  }
}

function hammer(address: number): void {
  for (let i = 0; i < tries; i++) {
    const nowMs = given.nowMs ?? systemClock.nowMs()
    if (table.take(1, address, rate, nowMs) === 0) Atomics.add(taken, address, 1)
    firstMs[address] ||= nowMs
    lastMs[address] = nowMs
  }
}
