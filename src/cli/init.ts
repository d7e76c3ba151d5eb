// `concordat init`: from a few answers to a contract and a configuration that run, each choice with
// its reason. It asks the person at the terminal, or takes the command line at its word.
import { existsSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import type { Problem } from '../base.ts'
import { readContract } from '../contract.ts'
import { buildSnapshot, loadContract } from '../control.ts'
import { sayError } from './build.ts'
import {
  type Answers,
  readResources,
  requestsPerMinuteMax,
  slowestMsMax,
  slowestMsMin,
  upstreamProblem,
} from './init-answers.ts'
import { askAnswers, type Given, usualAnswers } from './init-ask.ts'
import { draftConfig } from './init-config.ts'
import { draftContract } from './init-contract.ts'
import { type Draft, writeDrafts, type Written } from './init-write.ts'
import { problemLines } from './problems.ts'
import type { Prompts } from './prompts.ts'
import { paintFor } from './style.ts'
import type { ExitCode, World } from './world.ts'

export interface InitOptions extends Omit<Given, 'resources'> {
  /** As written: `channels,channels/messages`. */
  readonly resources?: string | undefined
  /** As the command line gives it; found or drafted where it does not. */
  readonly contract?: string | undefined
  /** Ask nothing. */
  readonly yes?: boolean
  /** Replace what is there. */
  readonly force?: boolean
  readonly json?: boolean
}

const configName = 'concordat.yaml'
const codeName = 'concordat.config.ts'
const contractNames = ['openapi.yaml', 'openapi.yml', 'openapi.json']

export async function init(options: InitOptions, world: World): Promise<ExitCode> {
  const stopped = new AbortController()
  world.onStop(() => stopped.abort())
  const prompts = options.yes ? undefined : await world.prompts?.(stopped.signal)
  const where = placesOf(options, world)
  if ('problem' in where) return failed(world, where.problem, 2)
  const given = givenOf(options, where)
  if ('problem' in given) return failed(world, given.problem, 2)
  const known = where.hasContract ? await readKnown(where.contractPath) : undefined
  if (known !== undefined && 'problems' in known) {
    world.err.write(problemLines(known.problems, world.cwd, paintFor(world.err, world.env)))
    return failed(world, `${where.contract} has to be mended first`, 1)
  }
  const mayReplace = await mayWrite(where, options, prompts)
  if (mayReplace === undefined) return nothingWritten(world)
  if (mayReplace === 'refused') {
    return failed(world, `${configName} is there already: --force replaces it`, 1)
  }
  const answers = await answersOf(given, where, prompts, world)
  if (answers === undefined || stopped.signal.aborted) return nothingWritten(world)
  const contract = contractDraft(where, answers)
  const hasSecurity = known?.hasSecurity ?? answers.draft?.credential !== 'none'
  const text = draftConfig({ answers, contract: where.contract, hasSecurity })
  const config: Draft = { path: where.configPath, text, mayReplace }
  const isStopped = () => stopped.signal.aborted
  const { contractPath } = where
  try {
    const written = await writeDrafts({ config, contract, contractPath, isStopped })
    return told(written, where, options, world)
  } catch (error) {
    return failed(world, `nothing was written: ${(error as Error).message}`, 1)
  }
}

function failed(world: World, message: string, code: ExitCode): ExitCode {
  sayError(world, message)
  return code
}

function nothingWritten(world: World): ExitCode {
  world.err.write('nothing was written\n')
  return 1
}

interface Places {
  /** As the configuration names it. */
  readonly contract: string
  readonly contractPath: string
  readonly hasContract: boolean
  readonly configPath: string
}

function placesOf({ contract: named }: InitOptions, { cwd }: World): Places | { problem: string } {
  const found = contractNames.find((one) => existsSync(resolve(cwd, one)))
  const contract = named ?? found ?? contractNames[0]!
  const contractPath = resolve(cwd, contract)
  if (existsSync(resolve(cwd, codeName))) {
    return { problem: `${codeName} is the configuration of this folder already` }
  }
  const hasContract = existsSync(contractPath)
  if (!hasContract && !/^\.ya?ml$/i.test(extname(contract))) {
    return { problem: `no file ${contract}; a draft is YAML: name it ${contractNames[0]}` }
  }
  return { contract, contractPath, hasContract, configPath: resolve(cwd, configName) }
}

/** The command line, checked. What only a draft needs has no effect on a contract that is there. */
function givenOf(options: InitOptions, where: Places): Given | { problem: string } {
  const { upstream, audience, title, credential, rate, latency, shadow } = options
  const problem = problemOf(options, where)
  if (problem !== undefined) return { problem }
  const resources = options.resources === undefined ? undefined : readResources(options.resources)
  if (typeof resources === 'string') return { problem: `--resources: ${resources}` }
  return { upstream, audience, title, resources, credential, rate, latency, shadow }
}

function problemOf(options: InitOptions, { hasContract, contract }: Places): string | undefined {
  const { upstream, rate = 0, latency = slowestMsMin } = options
  const wrong = upstream === undefined ? undefined : upstreamProblem(upstream)
  if (wrong !== undefined) return `--upstream: ${wrong}`
  if (rate > requestsPerMinuteMax) return `--rate is at most ${requestsPerMinuteMax}`
  if (latency < slowestMsMin || latency > slowestMsMax)
    return `--latency is from ${slowestMsMin} to ${slowestMsMax} ms`
  const idle = (['title', 'resources', 'credential'] as const).find((one) => options[one])
  return hasContract && idle ? `--${idle} has no effect: ${contract} is there already` : undefined
}

type Known = { readonly hasSecurity: boolean } | { readonly problems: readonly Problem[] }

/** What decides of a contract that is there: whether it can be read, and who it lets in. */
async function readKnown(contractFile: string): Promise<Known> {
  const { problems } = await buildSnapshot({ contractFile, to: [], upstreamNeeded: false })
  const documents = await loadContract({ contractFile, to: [] })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (documents === undefined || errors.length > 0) return { problems: errors }
  const contract = readContract(documents)
  const hasSecurity = contract.operations.some(({ security }) =>
    security.some((alternative) => alternative.length > 0),
  )
  return { hasSecurity }
}

/** Whether a configuration that is there may be replaced; undefined where somebody wants to stop. */
async function mayWrite(
  { configPath }: Places,
  { force = false }: InitOptions,
  prompts: Prompts | undefined,
): Promise<boolean | 'refused' | undefined> {
  if (force || !existsSync(configPath)) return force
  if (prompts === undefined) return 'refused'
  const agreed = await prompts.confirm(`${configName} is there already. Replace it?`, false)
  return agreed === true ? true : undefined
}

async function answersOf(
  given: Given,
  { hasContract }: Places,
  prompts: Prompts | undefined,
  { cwd }: World,
): Promise<Answers | undefined> {
  const folder = basename(cwd)
  return prompts === undefined
    ? usualAnswers(given, hasContract, folder)
    : askAnswers(prompts, given, hasContract, folder)
}

function contractDraft({ contractPath }: Places, { draft }: Answers): Draft | undefined {
  return draft && { path: contractPath, text: draftContract(draft), mayReplace: false }
}

function told(written: Written, where: Places, { json }: InitOptions, world: World): ExitCode {
  const paint = paintFor(world.err, world.env)
  switch (written.at) {
    case 'stopped':
      return nothingWritten(world)
    case 'taken':
      return failed(world, `${written.path} has come meanwhile: nothing was written`, 1)
    case 'refused':
      world.err.write(problemLines(written.problems, world.cwd, paint))
      return failed(world, 'such a configuration would be refused: nothing was written', 1)
    case 'written':
  }
  const files = [...(where.hasContract ? [] : [where.contract]), configName]
  if (json) {
    world.out.write(`${JSON.stringify({ written: files, next: nextCommands })}\n`)
    return 0
  }
  const marks = files.map((one) => `${paint('green', 'written')}: ${one}\n`).join('')
  world.err.write(`${marks}next:\n${nextCommands.map((one) => `  ${one}\n`).join('')}`)
  return 0
}

const nextCommands = ['concordat check', 'concordat mock', 'concordat run']
