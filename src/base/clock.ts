// Time comes as an argument, so that a test or a simulator can own it.

export interface Clock {
  /** Monotonic milliseconds with a fraction, for durations and deadlines; one origin a process. */
  nowMs(): number
  /** Milliseconds since the epoch, for dates in logs and headers. */
  epochMs(): number
  /** Calls `run` once after `delayMs`, and gives back how to cancel it. */
  after(delayMs: number, run: () => void): () => void
  /** Calls `run` every `periodMs`, and gives back how to stop it. */
  every(periodMs: number, run: () => void): () => void
}

// A thread may count `performance.now` from its own start; `process.uptime` counts from that of the
// process, but takes longer. Whatever comes between the two calls makes the difference smaller, as the
// loading of their code does at first: the largest is nearest.
const threadStartMs = Math.max(
  ...Array.from({ length: 4 }, () => process.uptime() * 1e3 - performance.now()),
)

/** The machine's clock. Its timers keep no process alive. */
export const systemClock: Clock = {
  nowMs: () => threadStartMs + performance.now(),
  epochMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
  every(periodMs, run) {
    const timer = setInterval(run, periodMs)
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** What a promise comes to, or undefined where it takes longer; it is then left to itself. */
export async function within<T>(
  clock: Clock,
  timeoutMs: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  const cancel = clock.after(timeoutMs, () => late.resolve(undefined))
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    cancel()
  }
}

/** A clock that stands still until `advance` is called; due timers run in order of time. */
export interface ManualClock extends Clock {
  advance(byMs: number): void
}

interface Due {
  atMs: number
  order: number
  periodMs: number | undefined
  run: () => void
}

export function manualClock(startMs = 0, epochStartMs = 1_700_000_000_000): ManualClock {
  let nowMs = startMs
  let order = 0
  let waiting: Due[] = []
  const add = (delayMs: number, periodMs: number | undefined, run: () => void) => {
    const due: Due = { atMs: nowMs + delayMs, order: order++, periodMs, run }
    waiting.push(due)
    return () => {
      waiting = waiting.filter((one) => one !== due)
    }
  }
  return {
    nowMs: () => nowMs,
    epochMs: () => epochStartMs + nowMs - startMs,
    after: (delayMs, run) => add(delayMs, undefined, run),
    every: (periodMs, run) => add(periodMs, periodMs, run),
    advance(byMs) {
      const untilMs = nowMs + byMs
      for (;;) {
        const next = waiting
          .filter((one) => one.atMs <= untilMs)
          .toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
        if (next === undefined) break
        nowMs = Math.max(nowMs, next.atMs)
        if (next.periodMs === undefined) waiting = waiting.filter((one) => one !== next)
        else next.atMs += next.periodMs
        next.run()
      }
      nowMs = untilMs
    },
  }
}
