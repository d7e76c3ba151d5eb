// Token buckets that several threads take from at once, each of which may end at any instruction.
// What threads do to each other is tried with real ones, and step by step: between any two steps of
// one call another is put, or the call just ends.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { seededRandom } from '../base.ts'
import { bucketRate, bucketTableBytes, BucketTable, type Rate } from './buckets.ts'
import type { Hammering } from '../../test/bucket-thread.ts'

const program = new URL('../../test/bucket-thread.ts', import.meta.url)

const memoryOf = (slots: number) => new SharedArrayBuffer(bucketTableBytes(slots))
const tableOver = (memory: SharedArrayBuffer) => new BucketTable(memory, seededRandom(1))
const cells = (count: number) => new Float64Array(new SharedArrayBuffer(count * 8))

type Asked = Pick<Hammering, 'memory' | 'rate' | 'addresses' | 'tries'> &
  Partial<Pick<Hammering, 'rounds' | 'nowMs' | 'threads'>>

function startThreads(t: TestContext, asked: Asked) {
  const threads = asked.threads ?? 3
  const shared = {
    rounds: 1,
    nowMs: undefined,
    ...asked,
    threads,
    progress: new SharedArrayBuffer(8),
    taken: new SharedArrayBuffer(asked.addresses * 4),
  }
  const times = Array.from({ length: threads }, () => ({
    firstMs: cells(asked.addresses),
    lastMs: cells(asked.addresses),
  }))
  const workers = times.map(
    (own) => new Worker(program, { workerData: { ...shared, ...own } satisfies Hammering }),
  )
  t.after(() => Promise.all(workers.map((worker) => worker.terminate())))
  return { workers, times, taken: new Int32Array(shared.taken), progress: shared.progress }
}

async function hammered(t: TestContext, asked: Asked) {
  const started = startThreads(t, asked)
  await Promise.all(started.workers.map((worker) => once(worker, 'exit')))
  assert.equal(new Int32Array(started.progress)[1], started.workers.length, 'all came to the end')
  return started
}

test('threads that hammer one address get its burst and no token more', async (t) => {
  const rate = bucketRate(1e6, 10_000)
  const { taken } = await hammered(t, {
    memory: memoryOf(16),
    rate,
    addresses: 1,
    tries: 5_000,
    nowMs: 1,
  })
  assert.equal(taken[0], 10_000)
})

test('addresses that come to all threads at once have one bucket each', async (t) => {
  const rate = bucketRate(1e6, 5)
  const { taken } = await hammered(t, {
    memory: memoryOf(4_096),
    rate,
    addresses: 1_000,
    tries: 10,
    nowMs: 1,
  })
  // Who has the tag of a neighbour shares its bucket.
  assert.ok(taken.every((tokens) => tokens <= 5))
  assert.ok(taken.filter((tokens) => tokens < 5).length < 10)
})

test('where slots change hands all the time nobody gets more than burst and refill', async (t) => {
  const memory = memoryOf(8)
  drainOverflow(memory)
  const [intervalMs, addresses] = [0.002, 1_000]
  const rate = bucketRate(intervalMs, burst)
  const { taken, times } = await hammered(t, { memory, rate, addresses, tries: 10, rounds: 5 })
  let passed = 0
  for (let address = 0; address < addresses; address++) {
    const fromMs = Math.min(...times.map(({ firstMs }) => firstMs[address]!))
    const untilMs = Math.max(...times.map(({ lastMs }) => lastMs[address]!))
    // The origins of the threads' clocks differ by less than 2 ms.
    const tokensMax = burst + Math.ceil((untilMs - fromMs + 2) / intervalMs)
    assert.ok(taken[address]! <= tokensMax, `${address}: ${taken[address]} of ${tokensMax}`)
    passed += taken[address]!
  }
  assert.ok(passed > addresses, 'most slots had many owners')
})

test('threads that are killed leave nothing behind that another would wait for', async (t) => {
  const memory = memoryOf(8)
  const rate = bucketRate(0.002, 5)
  for (let kill = 0; kill < 5; kill++) {
    const { workers, progress } = startThreads(t, {
      memory,
      rate,
      addresses: 50,
      tries: 10,
      rounds: 1e9,
      threads: 2,
    })
    const begun = new Int32Array(progress)
    for (let seen = 0; seen < 2; seen = Atomics.load(begun, 0)) {
      await Atomics.waitAsync(begun, 0, seen).value
    }
    await Promise.all(workers.map((worker) => worker.terminate()))
    assert.equal(tokensOf(tableOver(memory), 1_000 + kill, rate, 1e9 * (kill + 1)), 5)
  }
})

/** The overflow bucket gives nothing more. */
function drainOverflow(memory: SharedArrayBuffer): void {
  const words = new BigUint64Array(memory)
  words[words.length - 1] = 2n ** 48n - 1n
}

function tokensOf(table: BucketTable, address: number, rate: Rate, nowMs: number): number {
  let tokens = 0
  while (table.take(1, address, rate, nowMs) === 0) tokens++
  return tokens
}

/** Runs `call` and, at its atomic step number `at`, something else; gives whether it came to it. */
function interrupted(t: TestContext, at: number, call: () => void, other: () => void): boolean {
  let steps = 0
  const names = ['load', 'compareExchange'] as const
  const mocks = names.map((name) => {
    const real = Atomics[name] as (...given: unknown[]) => unknown
    const step = (...given: unknown[]): unknown => {
      if (steps++ === at) other()
      return real(...given)
    }
    return t.mock.method(Atomics, name, step as never)
  })
  try {
    call()
  } finally {
    for (const { mock } of mocks) mock.restore()
  }
  return steps > at
}

const burst = 3
const never = bucketRate(1e9, burst)
const [beforeMs, nowMs, laterMs] = [9_000, 10_000, 10_100]

/** Eight slots, all owned once: every other is free at `laterMs` alone. */
function crowded(): SharedArrayBuffer {
  const memory = memoryOf(8)
  drainOverflow(memory)
  const table = tableOver(memory)
  for (let address = 0; address < 8; address++) {
    table.take(9, address, bucketRate(50, 1), address % 2 === 0 ? beforeMs + address : nowMs)
  }
  return memory
}

type Between = (table: BucketTable, address: number) => number

const took = (table: BucketTable, address: number, atMs: number): number =>
  Number(table.take(1, address, never, atMs) === 0)

const betweens: readonly [says: string, between: Between][] = [
  ['it takes a token', (table, address) => took(table, address, nowMs)],
  ['it takes all', (table, address) => tokensOf(table, address, never, nowMs)],
  ['it takes one, later, with more slots free', (table, own) => took(table, own, laterMs)],
  [
    'another comes',
    (table, own) => {
      took(table, own + 100, nowMs)
      return 0
    },
  ],
  [
    'others come, later, and then it takes one',
    (table, own) => {
      for (let other = 100; other < 105; other++) took(table, own + other, laterMs)
      return took(table, own, laterMs)
    },
  ],
]

for (const [says, between] of betweens) {
  test(`an address gets its burst, whatever comes between two steps: ${says}`, (t) => {
    for (let own = 0; own < 8; own++) {
      let isOver = false
      for (let at = 0; !isOver; at++) {
        const memory = crowded()
        const [mine, theirs] = [tableOver(memory), tableOver(memory)]
        const tokens = { mine: 0, theirs: 0 }
        const wasReached = interrupted(
          t,
          at,
          () => (tokens.mine = took(mine, own, nowMs)),
          () => (tokens.theirs = between(theirs, own)),
        )
        isOver = !wasReached
        const all = tokens.mine + tokens.theirs + tokensOf(mine, own, never, laterMs)
        assert.equal(all, burst, `${own}, interrupted at step ${at}`)
      }
    }
  })
}

const dies = () => assert.fail('the thread ends')

test('a call that ends before its last step has changed nothing', (t) => {
  for (let at = 0, isOver = false; !isOver; at++) {
    const memory = crowded()
    const table = tableOver(memory)
    const call = () => void took(table, 1, nowMs)
    try {
      isOver = !interrupted(t, at, call, dies)
    } catch {
      assert.equal(tokensOf(tableOver(memory), 1, never, nowMs), burst, `ended at step ${at}`)
    }
  }
})
