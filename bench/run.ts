// npm run bench: measures Concordat beside nginx and prints what it found. See bench/README.md.
import { parseArgs } from 'node:util'
import { cases } from './cases.ts'
import { compare } from './compare.ts'
import type { Comparison } from './compare.ts'
import { comparisonTable, verdictLine, verdicts } from './report.ts'
import { scratchFolder, startNginxGateway, startScript, startUpstream } from './servers.ts'

const { values: options } = parseArgs({
  options: {
    case: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    gateway: { type: 'string' },
  },
})

const progress = (text: string) => process.stderr.write(`${text}\n`)
const folder = scratchFolder()
const effort = {
  rounds: Number(options.rounds),
  seconds: Number(options.seconds),
  folder,
  progress,
}
const upstream = await startUpstream(folder)
const nginx = await startNginxGateway(folder, upstream.port)
const results: Comparison[] = []
for (const one of cases.filter(({ name }) => options.case?.includes(name) ?? true)) {
  const concordat = await startScript(options.gateway ?? '', upstream.port, {})
  results.push(await compare(one, { concordat, nginx }, effort))
  await concordat.process.stop()
}
await nginx.process.stop()
await upstream.process.stop()
if (options.json) console.log(JSON.stringify(results, undefined, 2))
else
  for (const result of results) {
    console.log(comparisonTable(result))
    for (const verdict of verdicts(result)) console.log(verdictLine(verdict, true))
  }
process.exit(0)
