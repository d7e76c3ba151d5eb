// A run: cases in batches, played in a thread of their own and judged here, while the next batch is
// being played.
import { Worker } from 'node:worker_threads'
import type { Direction } from './cases.ts'
import { type Readers, startReaders } from './readers.ts'
import { startReplyJudge } from './reply-judge.ts'
import { startRequestJudge } from './request-judge.ts'
import type { Batch, BatchOrder } from './thread.ts'

export interface SessionOptions {
  readonly seed: number
  readonly direction: Direction
  readonly from: number
  readonly cases: number
  readonly tell: (tally: Tally) => void
}

export interface Tally {
  cases: number
  /** Cases of which something went through to the other side. */
  through: number
  messages: number
  torn: number
  readonly statuses: Map<number, number>
  readonly faults: Map<string, number>
  /** What a reader was not asked, and why: it is known to read it in a way of its own. */
  readonly spared: ReadonlyMap<string, number>
  readonly failures: Failure[]
}

export interface Failure {
  readonly case: number
  readonly text: string
}

const batchCases = 500
const failuresMax = 50

export async function runSession(options: SessionOptions): Promise<Tally> {
  const { direction, seed, from, cases, tell } = options
  const readers = await startReaders()
  const judge = await judgeOf(direction, readers)
  const tally: Tally = {
    cases: 0,
    through: 0,
    messages: 0,
    torn: 0,
    statuses: new Map(),
    faults: new Map(),
    spared: judge.spared,
    failures: [],
  }
  const thread = new Thread()
  try {
    let ahead = thread.play({ direction, seed, from, cases: Math.min(batchCases, cases) })
    for (let at = 0; at < cases && tally.failures.length < failuresMax; at += batchCases) {
      const batch = await ahead
      const next = at + batchCases
      const left = Math.min(batchCases, cases - next)
      if (left > 0) ahead = thread.play({ direction, seed, from: from + next, cases: left })
      count(batch, tally)
      tally.failures.push(...(await judge.judge(batch)))
      tell(tally)
    }
    return tally
  } finally {
    await thread.close()
    judge.close()
    readers.close()
  }
}

interface Judge {
  readonly spared: ReadonlyMap<string, number>
  judge(batch: Batch): Promise<Failure[]>
  close(): void
}

async function judgeOf(direction: Direction, readers: Readers): Promise<Judge> {
  if (direction === 'request') {
    const { judge, ...rest } = await startRequestJudge(readers)
    return { ...rest, judge: ({ requests, torn }) => judge(requests, torn) }
  }
  const { judge, ...rest } = await startReplyJudge(readers)
  return { ...rest, judge: ({ replies }) => judge(replies) }
}

function count(batch: Batch, tally: Tally): void {
  tally.cases += batch.cases
  tally.through += batch.through
  tally.torn += batch.torn.length
  tally.messages += batch.requests.length + batch.replies.length
  for (const status of batch.statuses) add(tally.statuses, status)
  for (const fault of batch.faults) add(tally.faults, fault)
  tally.failures.push(...batch.failures)
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

class Thread {
  readonly #worker = new Worker(new URL('thread.ts', import.meta.url))

  play(order: BatchOrder): Promise<Batch> {
    const played = new Promise<Batch>((resolve, reject) => {
      this.#worker.once('message', resolve)
      this.#worker.once('error', reject)
    })
    // It is awaited later; a failure must not count as unhandled until then.
    played.catch(() => {})
    this.#worker.postMessage(order)
    return played
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
