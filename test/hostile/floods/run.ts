// `node test/hostile/floods/run.ts [--only TEXT] [--rounds N] [--window MS] [--every MS]`: each
// flood against the program with one worker, begun anew ten times a second for a second, three
// times; beside it others ask as before. (`--every 0` begins anew at once: an attacker who does
// nothing else.) Prints what ended it, what a round of it cost in CPU and memory at the most, and
// the p99 of others beside its quiet value, the middle one of the rounds. Where a machine that is
// busy with other things holds up those too who ask past the gateway, that counts for it. Exits
// with 1 where a flood is not ended as it must be, or costs too much: run it where nothing else
// runs.
import { parseArgs } from 'node:util'
import { Arena } from './arena.ts'
import { floods } from './corpus.ts'
import { type Measured, measure } from './measure.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    window: { type: 'string', default: '1000' },
    every: { type: 'string', default: '100' },
  },
})

const cpuMsMax = 1_000
const memoryKbMax = 10 * 1024
const ratioMax = 2

const isBad = ({ isEnded, cpuMs, memoryKb, ratio, directRatio, wrong }: Measured): boolean =>
  !isEnded ||
  cpuMs > cpuMsMax ||
  memoryKb > memoryKbMax ||
  ratio > ratioMax * Math.max(1, directRatio) ||
  wrong.length > 0

const effort = {
  windowMs: Number(values.window),
  rounds: Number(values.rounds),
  everyMs: Number(values.every),
}
const wanted = floods.filter(({ name }) => name.includes(values.only))
const rows: Measured[] = []
{
  await using arena = await Arena.open()
  arena.attackerYields()
  console.log('   CPU ms  memory kB  rounds quiet ms   p99 ms  quiet ×   past ×')
  for (const [at, flood] of wanted.entries()) {
    process.stderr.write(`\r\x1b[K${at + 1}/${wanted.length} ${flood.name}`)
    const row = await measure(arena, flood, effort)
    process.stderr.write('\r\x1b[K')
    rows.push(row)
    print(row)
  }
}

function print(row: Measured): void {
  const { cpuMs, memoryKb, rounds, quietP99Ms, p99Ms, ratio, directRatio, name, told, wrong } = row
  const numbers = [
    cpuMs.toFixed(1),
    memoryKb.toFixed(0),
    rounds,
    quietP99Ms.toFixed(2),
    p99Ms.toFixed(2),
  ]
  const ratios = [ratio.toFixed(2), directRatio.toFixed(2)]
  const columns = [...numbers, ...ratios].map((one) => String(one).padStart(8)).join(' ')
  console.log(`${isBad(row) ? '!' : ' '}${columns}  ${name} → ${told}`)
  for (const one of new Set(wrong)) console.log(`  others: ${one}`)
}

const bad = rows.filter(isBad).length
console.log(`${rows.length} floods, ${bad} bad`)
process.exitCode = bad > 0 ? 1 : 0
