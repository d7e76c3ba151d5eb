// npm run bench: measures Concordat beside nginx and prints what it found. See bench/README.md.
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { provesToRelay } from './ask.ts'
import { bodyCheckTimes } from './body-check.ts'
import { cases } from './cases.ts'
import type { Case } from './cases.ts'
import { compare } from './compare.ts'
import type { Comparison, Effort } from './compare.ts'
import { machine, missing } from './machine.ts'
import { readOptions } from './options.ts'
import type { Options } from './options.ts'
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

process.exit(await main())

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if ('text' in options) return say(options.text, options.asked ? 0 : 2)
  const obstacle = missing()
  if (obstacle !== undefined) return say(obstacle, 2)
  try {
    const results = await measured(options)
    console.log(options.json ? JSON.stringify(results, undefined, 2) : coloured(report(results)))
    if (options.save) progress(`written: ${save(results).join(', ')}`)
    return options.strict && verdicts(results).some(({ met }) => !met) ? 1 : 0
  } catch (error) {
    return say(error instanceof Error ? error.message : String(error), 1)
  }
}

function say(text: string, code: number): number {
  if (code === 0) console.log(text)
  else console.error(text)
  return code
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

async function measured(options: Options): Promise<Results> {
  const { rounds, seconds, wanted } = options
  const folder = scratchFolder()
  const effort = { rounds, seconds, folder, progress }
  const upstream = await startUpstream(folder)
  const { port } = upstream
  const comparisons = await compared(options, upstream, effort)
  const policies = wanted.includes('policies') ? await policyCosts(port, effort) : []
  const starts = wanted.includes('start') ? await startTimes(port, effort) : []
  const bodyCheck = wanted.includes('schema') ? await bodyCheckTimes(effort) : undefined
  await upstream.started.stop()
  const date = new Date().toISOString()
  const found = { comparisons, policies, starts, bodyCheck }
  return { date, machine: machine(), rounds, seconds, ...found }
}

async function compared(options: Options, upstream: Server, effort: Effort): Promise<Comparison[]> {
  const nginx = await startNginxGateway(effort.folder, upstream.port)
  const comparisons: Comparison[] = []
  for (const one of cases.filter(({ name }) => options.wanted.includes(name)))
    comparisons.push(await beside(one, { nginx, upstream }, options, effort))
  await nginx.started.stop()
  return comparisons
}

async function beside(
  one: Case,
  { nginx, upstream }: { nginx: Server; upstream: Server },
  { gateway, profile }: Options,
  effort: Effort,
): Promise<Comparison> {
  const profiles = profile ? mkdtempSync(join(tmpdir(), 'concordat-profile-')) : undefined
  const env = profiling(profiles)
  const concordat =
    gateway === undefined
      ? await startConcordat(effort.folder, one, upstream.port, env)
      : await startScript(resolve(gateway), upstream.port, env)
  await provesToRelay('nginx', nginx.port, upstream.port, one.requests)
  await provesToRelay(concordat.name, concordat.port, upstream.port, one.requests)
  const comparison = await compare(one, { concordat, nginx }, effort)
  await concordat.started.stop()
  if (profiles !== undefined)
    for (const file of readdirSync(profiles)) progress(`profile: ${join(profiles, file)}`)
  return comparison
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
