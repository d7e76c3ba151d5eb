// `node test/fuzz/run.ts --cases N --seed S [--only request|reply] [--from K]`: the long form of the
// differential fuzz. Half of the cases are requests, half replies. Prints its counts, and each
// failure with its seed, case and bytes; exits with 1 where there is one. A case can be thrown
// again alone: the same seed, `--only`, `--from` its number, `--cases 1`.
import { parseArgs } from 'node:util'
import type { Direction } from './cases.ts'
import { readersAbsent } from './readers.ts'
import { runSession, type Tally } from './session.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    only: { type: 'string' },
  },
})

const directions = (['request', 'reply'] as const).filter(
  (one) => values.only === undefined || values.only === one,
)
if (directions.length === 0) throw new Error('--only takes request or reply')
if (readersAbsent !== false) throw new Error(readersAbsent)

for (const direction of directions) {
  const tally = await run(direction, Math.ceil(Number(values.cases) / directions.length))
  if (tally.failures.length > 0) process.exitCode = 1
}

async function run(direction: Direction, cases: number): Promise<Tally> {
  const seed = Number(values.seed)
  const startedMs = performance.now()
  let toldMs = startedMs
  const tell = (tally: Tally) => {
    if (performance.now() - toldMs < 5_000) return
    toldMs = performance.now()
    const perSecond = Math.round((tally.cases * 1000) / (toldMs - startedMs))
    process.stderr.write(
      `${direction}: ${tally.cases} of ${cases}, ${perSecond}/s, ${tally.failures.length} failures\n`,
    )
  }
  const tally = await runSession({ direction, seed, from: Number(values.from), cases, tell })
  report(direction, seed, tally, (performance.now() - startedMs) / 1000)
  return tally
}

function report(direction: Direction, seed: number, tally: Tally, seconds: number): void {
  const share = ((100 * tally.through) / tally.cases).toFixed(1)
  console.log(`${direction} cases: ${tally.cases}, seed ${seed}, ${seconds.toFixed(0)} s`)
  console.log(`  went through: ${tally.through} cases (${share} %), ${tally.messages} messages`)
  if (direction === 'request') console.log(`  torn, whole to nobody: ${tally.torn}`)
  console.log(`  statuses: ${listed(tally.statuses)}`)
  console.log(`  faults: ${listed(tally.faults)}`)
  if (tally.spared.size > 0) console.log(`  not asked: ${listed(tally.spared)}`)
  console.log(`  failures: ${tally.failures.length}`)
  for (const failure of tally.failures) console.log(`  case ${failure.case}: ${failure.text}`)
}

function listed(counts: ReadonlyMap<unknown, number>): string {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  return sorted.map(([key, count]) => `${String(key) || 'none'} ${count}`).join(', ')
}
