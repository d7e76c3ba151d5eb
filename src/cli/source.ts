// Which contract and which configuration a command means, and how it is told when it means none.
import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { World } from './world.ts'

/** What `sourced` commands take, as the command line gives it. */
export interface SourceOptions {
  readonly contract?: string | undefined
  readonly config?: string | undefined
  readonly overlay?: readonly string[] | undefined
  readonly allowRef?: readonly string[] | undefined
  /** Whether code that the configuration is, or names, may be run. */
  readonly trust?: boolean | undefined
  readonly json?: boolean | undefined
}

/** Absolute paths; at least one of them is there. */
export interface Source {
  readonly contractFile: string | undefined
  readonly configFile: string | undefined
  /** From the command line alone. */
  readonly overlays: readonly string[]
  readonly allowRef: readonly string[]
  /** As the person wrote it, for what is said about it. */
  readonly shown: string
}

/** At most one of them may be there. */
const configNames = ['concordat.yaml', 'concordat.config.ts']

export function sourceOf(options: SourceOptions, { cwd }: World): Source | { problem: string } {
  const { contract, config, overlay = [] } = options
  for (const file of [contract, config, ...overlay]) {
    const problem = file && fileProblem(file, cwd)
    if (problem) return { problem }
  }
  if (contract !== undefined && configNames.includes(basename(contract))) {
    return { problem: `${contract} is a configuration, not a contract: --config ${contract}` }
  }
  const there = config === undefined && contract === undefined ? inFolder(cwd) : []
  if (there.length > 1) {
    return { problem: `${there.join(' and ')} are both here: keep one, or name it with --config` }
  }
  const found = config ?? there[0]
  const shown = contract ?? found
  if (shown === undefined) {
    if (existsSync(resolve(cwd, 'concordat.yml'))) {
      return { problem: `rename concordat.yml to ${configNames[0]}, or name it with --config` }
    }
    return { problem: `name a contract, or give this folder a ${configNames[0]}` }
  }
  return {
    contractFile: contract && resolve(cwd, contract),
    configFile: found && resolve(cwd, found),
    overlays: overlay.map((file) => resolve(cwd, file)),
    allowRef: (options.allowRef ?? []).map((path) => resolve(cwd, path)),
    shown,
  }
}

function fileProblem(file: string, cwd: string): string | undefined {
  if (existsSync(resolve(cwd, file))) return undefined
  return /^https?:/i.test(file)
    ? `${file} is not fetched: save what is there, and name the file`
    : `no file ${file}`
}

const inFolder = (cwd: string): string[] =>
  configNames.filter((name) => existsSync(resolve(cwd, name)))
