// npm run bench: measures Concordat beside others and prints what it found. See bench/README.md.
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Effort } from './alternate.ts'
import { provesToRelay } from './ask.ts'
import { bodyCheckTimes } from './body-check.ts'
import { cases } from './cases.ts'
import type { Case } from './cases.ts'
import { compare } from './compare.ts'
import type { Comparison } from './compare.ts'
import { verdicts } from './goals.ts'
import { idleCosts } from './idle.ts'
import { contractLoading } from './loading-contract.ts'
import { loadings } from './loading.ts'
import { installed, machine, missing } from './machine.ts'
import { operationsCosts } from './operations.ts'
import { readOptions } from './options.ts'
import type { Options } from './options.ts'
import { protocolComparisons } from './protocols/compare.ts'
import { idleSocketCosts } from './protocols/idle.ts'
import { policyCosts } from './policies.ts'
import { coloured, report } from './report.ts'
import type { Results } from './results.ts'
import { commandOf, startRival } from './rivals.ts'
import type { Rival, RivalName } from './rivals.ts'
import { save } from './save.ts'
import { scratchFolder, startConcordat, startScript, startUpstream } from './servers.ts'
import type { Server } from './servers.ts'
import { startTimes } from './start.ts'
import { stepCosts } from './step-costs.ts'
import { transfers } from './transfer.ts'
import { workersCosts } from './workers.ts'

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
  const { rounds, seconds, quick, wanted, contract } = options
  const folder = scratchFolder()
  const effort = { rounds, seconds, quick, folder, progress }
  const upstream = await startUpstream(folder)
  const { port } = upstream
  const of = <Found>(name: string, find: () => Promise<Found[]>): Promise<Found[]> =>
    wanted.includes(name) ? find() : Promise.resolve([])
  const results = {
    date: new Date().toISOString(),
    machine: machine(),
    rounds,
    seconds,
    comparisons: await compared(options, upstream, effort),
    transfers: await of('transfer', () => transfers(effort)),
    protocols: await protocolComparisons(wanted, effort, options.profile ? profiling : undefined),
    idle: await of('idle', () => idleCosts(port, effort)),
    idleSockets: await of('idle-websockets', () => idleSocketCosts(effort)),
    operations: await of('operations', () => operationsCosts(port, effort)),
    loadings: contract === undefined ? await of('loading', () => loadings(port, effort)) : [],
    contracts: contract === undefined ? [] : [await contractLoading(contract, port, effort)],
    workers: await of('workers', () => workersCosts(port, effort)),
    policies: await of('policies', () => policyCosts(port, effort)),
    starts: await of('start', () => startTimes(port, effort)),
    bodyCheck: wanted.includes('schema') ? await bodyCheckTimes(effort) : undefined,
    steps: wanted.includes('steps') ? await stepCosts(effort) : undefined,
  }
  await upstream.started.stop()
  return results
}

async function compared(options: Options, upstream: Server, effort: Effort): Promise<Comparison[]> {
  const chosen = cases.filter(({ name }) => options.wanted.includes(name))
  const rivals: Rival[] = []
  for (const name of new Set(chosen.flatMap(({ beside }) => beside)))
    if (isThere(name)) rivals.push(await startRival(name, effort.folder, upstream.port))
  const comparisons: Comparison[] = []
  for (const one of chosen)
    comparisons.push(await besideRivals(one, rivals, upstream, options, effort))
  for (const { started } of rivals) await started.stop()
  return comparisons
}

function isThere(name: RivalName): boolean {
  const there = installed(commandOf(name))
  if (!there) progress(`${name} is not installed and is left out`)
  return there
}

async function besideRivals(
  one: Case,
  all: readonly Rival[],
  upstream: Server,
  { gateway, profile }: Options,
  effort: Effort,
): Promise<Comparison> {
  const profiles = profile ? mkdtempSync(join(tmpdir(), 'concordat-profile-')) : undefined
  const env = profiling(profiles)
  const concordat =
    gateway === undefined
      ? await startConcordat(effort.folder, one, upstream.port, { env })
      : await startScript(resolve(gateway), upstream.port, env)
  const rivals = all.filter(({ name }) => one.beside.includes(name))
  for (const { name, port } of [concordat, ...rivals])
    await provesToRelay(name, port, upstream.port, one.requests)
  const comparison = await compare(one, concordat, rivals, effort)
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
