// `node test/hostile/run.ts [--only TEXT] [--all]`: what each input of the corpus costs the thread
// that serves it. The block is the longest turn of the event loop, the middle one of three rounds; a
// turn is timed by the clock, but never beyond its CPU time, so that a busy machine disturbs it
// little. Prints the costly ones (`--all`: every one) and exits with 1 where one blocks for more than
// 50 ms or is answered with what it must not be.
import { parseArgs } from 'node:util'
import { corpus } from './corpus.ts'
import { type Cost, startGauge } from './gauge.ts'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, all: { type: 'boolean', default: false } },
})

const blockMsMax = 50
const rounds = 3
const costlyMs = 10

interface Row extends Cost {
  readonly name: string
  readonly isWrong: boolean
}

const gauge = await startGauge()
const inputs = corpus().filter(({ name }) => name.includes(values.only))
const rows: Row[] = []
for (const [at, input] of inputs.entries()) {
  process.stderr.write(`\r\x1b[K${at + 1}/${inputs.length} ${input.name}`)
  const costs = Array.from({ length: rounds }, () => gauge.measure(input))
  // Compiling and collecting garbage fall into one round or another; the middle one is what it costs.
  const sorted = costs.toSorted((a, b) => a.blockMs - b.blockMs)
  const cost = sorted[Math.floor(rounds / 2)]!
  const isWrong = costs.some(({ status }) => !input.statuses.includes(status))
  rows.push({ ...cost, name: input.name, isWrong })
}
process.stderr.write('\r\x1b[K')

const isBad = ({ blockMs, isWrong }: Row) => blockMs > blockMsMax || isWrong
const shown = rows.filter((row) => values.all || row.blockMs > costlyMs || isBad(row))
console.log('  block ms   CPU ms    sent kB   µs/kB  status')
for (const row of shown.toSorted((a, b) => b.blockMs - a.blockMs)) {
  const { blockMs, cpuMs, sentBytes, status, name } = row
  const perKb = (cpuMs * 1000) / (sentBytes / 1024)
  const numbers = [blockMs.toFixed(1), cpuMs.toFixed(1), (sentBytes / 1024).toFixed(1)]
  const columns = [...numbers, perKb.toFixed(1), String(status)].map((one) => one.padStart(9))
  console.log(`${isBad(row) ? '!' : ' '}${columns.join('')}  ${name}`)
}
const bad = rows.filter(isBad).length
const longest = Math.max(...rows.map(({ blockMs }) => blockMs))
console.log(
  `${rows.length} inputs, longest block ${longest.toFixed(1)} ms, ${bad} bad; bugs: ${gauge.bugs()}`,
)
if (bad > 0 || gauge.bugs() > 0) process.exitCode = 1
