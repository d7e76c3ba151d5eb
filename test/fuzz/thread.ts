// The thread that plays cases: the engine on a network in memory, which is put in the place of
// `node:net` for this thread alone.
import { parentPort } from 'node:worker_threads'
import { type Direction, play, type ReplyClaim, type RequestClaim } from './cases.ts'
import { startSubject } from './subject.ts'

export interface BatchOrder {
  readonly direction: Direction
  readonly seed: number
  readonly from: number
  readonly cases: number
}

export interface Batch {
  readonly cases: number
  readonly through: number
  readonly requests: readonly RequestClaim[]
  readonly torn: readonly string[]
  readonly replies: readonly ReplyClaim[]
  readonly statuses: readonly number[]
  readonly faults: readonly string[]
  readonly failures: readonly { readonly case: number; readonly text: string }[]
}

const subject = await startSubject()

parentPort!.on('message', (order: BatchOrder) => parentPort!.postMessage(playAll(order)))

function playAll({ direction, seed, from, cases }: BatchOrder): Batch {
  const all = Array.from({ length: cases }, (_, i) => {
    return { index: from + i, ...play(direction, subject, seed, from + i) }
  })
  const failures = all.flatMap(({ index, problems, input }) =>
    problems.map((problem) => ({ case: index, text: `${problem}: ${JSON.stringify(input)}` })),
  )
  const active = subject.active()
  if (active > 0) failures.push({ case: from, text: `${active} exchanges were never recorded` })
  const isRequest = direction === 'request'
  return {
    cases,
    through: all.filter((one) => isThrough(direction, one)).length,
    requests: isRequest ? all.flatMap(({ requests }) => requests) : [],
    torn: isRequest ? all.flatMap(({ torn }) => torn) : [],
    replies: isRequest ? [] : all.flatMap(({ replies }) => replies),
    statuses: all.flatMap(({ statuses }) => statuses),
    faults: all.flatMap(({ faults }) => faults),
    failures,
  }
}

function isThrough(direction: Direction, one: ReturnType<typeof play>): boolean {
  if (direction === 'request') return one.requests.length > 0
  // An upstream's reply, and not one of the gateway's own in its place.
  return one.faults.some((fault) => fault === '')
}
