// npm run bench: measures Concordat beside nginx and prints what it found. See bench/README.md.
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { provesToRelay } from './ask.ts'
import { bodyCheckTimes } from './body-check.ts'
import { cases } from './cases.ts'
import type { Case } from './cases.ts'
import { compare } from './compare.ts'
import type { Comparison, Effort } from './compare.ts'
import { machine, missing } from './machine.ts'
import { policyCosts } from './policies.ts'
import { coloured, report, verdicts } from './report.ts'
import type { Results } from './report.ts'
import { save } from './results.ts'
import {
  scratchFolder,
  startConcordat,
  startNginxGateway,
  startScript,
  startUpstream,
} from './servers.ts'
import type { Server } from './servers.ts'
import { startTimes } from './start.ts'

const usage = `npm run bench [-- OPTIONS]
  --case NAME     only this: ${[...cases.map(({ name }) => name), 'policies', 'start', 'schema'].join(', ')}; repeat it
  --rounds N      alternations (9)
  --seconds S     of each round (3)
  --json          print JSON
  --save          write bench/RESULTS.md and its chart
  --strict        end with 1 where a goal is missed
  --profile       write a CPU profile of the gateway; figures are not comparable then
  --gateway FILE  measure this script in Concordat's place; it gets PORT and UPSTREAM_PORT`

const { values: options } = parseArgs({
  options: {
    case: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    gateway: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

await main()

async function main(): Promise<void> {
  const obstacle = missing()
  if (options.help) return console.log(usage)
  if (obstacle !== undefined) return end(2, obstacle)
  const results = await measured()
  console.log(options.json ? JSON.stringify(results, undefined, 2) : coloured(report(results)))
  if (options.save) progress(`written: ${save(results).join(', ')}`)
  end(options.strict && verdicts(results).some(({ met }) => !met) ? 1 : 0)
}

async function measured(): Promise<Results> {
  const folder = scratchFolder()
  const effort = {
    rounds: Number(options.rounds),
    seconds: Number(options.seconds),
    folder,
    progress,
  }
  const upstream = await startUpstream(folder)
  const nginx = await startNginxGateway(folder, upstream.port)
  const comparisons: Comparison[] = []
  for (const one of cases.filter(({ name }) => isWanted(name)))
    comparisons.push(await beside(one, { nginx, upstream }, effort))
  await nginx.started.stop()
  const policies = isWanted('policies') ? await policyCosts(upstream.port, effort) : []
  const starts = isWanted('start') ? await startTimes(upstream.port, effort) : []
  await upstream.started.stop()
  const bodyCheck = isWanted('schema') ? await bodyCheckTimes(effort) : undefined
  const { rounds, seconds } = effort
  const date = new Date().toISOString()
  const found = { comparisons, policies, starts, bodyCheck }
  return { date, machine: machine(), rounds, seconds, ...found }
}

async function beside(
  one: Case,
  { nginx, upstream }: { nginx: Server; upstream: Server },
  effort: Effort,
): Promise<Comparison> {
  const profiles = options.profile ? mkdtempSync(join(tmpdir(), 'concordat-profile-')) : undefined
  const concordat = await gateway(one, upstream.port, effort.folder, profiling(profiles))
  await provesToRelay('nginx', nginx.port, upstream.port, one.requests)
  await provesToRelay(concordat.name, concordat.port, upstream.port, one.requests)
  const comparison = await compare(one, { concordat, nginx }, effort)
  await concordat.started.stop()
  if (profiles !== undefined)
    for (const file of readdirSync(profiles)) progress(`profile: ${join(profiles, file)}`)
  return comparison
}

function gateway(
  one: Case,
  upstreamPort: number,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<Server> {
  return options.gateway === undefined
    ? startConcordat(folder, one, upstreamPort, env)
    : startScript(resolve(options.gateway), upstreamPort, env)
}

/** A profile is written when the process ends in order, which a script may not do by itself. */
function profiling(folder: string | undefined): Record<string, string> {
  if (folder === undefined) return {}
  const ending = encodeURIComponent(`process.once('SIGTERM', () => process.exit(0))`)
  const flags = [
    '--cpu-prof',
    `--cpu-prof-dir=${folder}`,
    `--import=data:text/javascript,${ending}`,
  ]
  return { NODE_OPTIONS: flags.join(' ') }
}

function isWanted(name: string): boolean {
  return options.case?.includes(name) ?? options.gateway === undefined
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

function end(code: number, message?: string): never {
  if (message !== undefined) console.error(message)
  process.exit(code)
}
