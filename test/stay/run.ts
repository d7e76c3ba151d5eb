// `node test/stay/run.ts CASE [--long] [--seed N] [--minutes N] [--results FOLDER]`: whether the
// gateway stays up while it is reloaded, loses workers, is stopped, is held by the slow, or just runs
// for long. Without --long it is what `npm test` runs. Says how far it has come, then what it found;
// exits with 1 where a claim does not hold. The long soak leaves soak.csv and soak.svg in the folder.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Case, tableOf } from './findings.ts'
import { changes } from './changes.ts'
import { codeMemory } from './code-memory.ts'
import { crash } from './crash.ts'
import { drain } from './drain.ts'
import { everything } from './everything.ts'
import { memory } from './memory.ts'
import { protocols } from './protocols.ts'
import { reload } from './reload.ts'
import { rogue } from './rogue.ts'
import { slow } from './slow.ts'
import { soak } from './soak.ts'

const cases: Readonly<Record<string, Case>> = {
  changes,
  'code-memory': codeMemory,
  crash,
  drain,
  everything,
  memory,
  protocols,
  reload,
  rogue,
  slow,
  soak,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    results: { type: 'string', default: join(tmpdir(), 'concordat-stay') },
  },
})

const name = positionals[0] ?? ''
const play = cases[name]
if (play === undefined) {
  console.error(`'${name}' is none of the cases: ${Object.keys(cases).join(', ')}`)
  process.exit(2)
}
// What was started ends with us, and its folder goes.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

const startMs = performance.now()
const findings = await play({
  long: values.long,
  seed: Number(values.seed),
  minutes: Number(values.minutes),
  results: values.long ? values.results : undefined,
  progress: (text) =>
    console.error(`${((performance.now() - startMs) / 1000).toFixed(0)} s  ${text}`),
})
console.log(`${name}, seed ${values.seed}\n${tableOf(findings)}`)
process.exit(findings.every(({ holds }) => holds) ? 0 : 1)
