// Custom policies: files that the configuration names, one policy each, called as its file. Where
// they may be run they become a registry beside ours, and code that the snapshot carries; where they
// may not, all that is known of them is their names.
import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Place, type Problem, type SourceFile } from '../base.ts'
import {
  type AnyPolicy,
  idRule,
  ownRegistry,
  readDefinition,
  type Registry,
  registryWith,
} from '../policy.ts'
import type { SnapshotCode } from '../snapshot.ts'
import type { Entry } from './bundle.ts'
import { importTried } from './import-tried.ts'
import { errorAt } from './problem-list.ts'
import { firstLineOf, type Trial, tried } from './tried-policy.ts'

export interface CustomPolicies {
  readonly registry: Registry
  /** What workers run of them; undefined where there is nothing to run, or it may not be. */
  readonly code: SnapshotCode | undefined
  readonly problems: readonly Problem[]
  readonly files: readonly SourceFile[]
}

/** How a configuration names them. */
export interface NamedPolicies {
  readonly names: readonly string[]
  /** That they are relative to. */
  readonly folder: string
  readonly placeOf: (index: number) => Place
  /** Whether they may be run. */
  readonly trust: boolean
}

interface NamedPolicy extends Entry {
  readonly id: string
  readonly name: string
}

export const noCustomPolicies: CustomPolicies = {
  registry: ownRegistry,
  code: undefined,
  problems: [],
  files: [],
}

export async function customPolicies(named: NamedPolicies): Promise<CustomPolicies> {
  const policies = named.names.map((name, i): NamedPolicy => {
    const id = basename(name, extname(name))
    return { id, name, path: resolve(named.folder, name), place: named.placeOf(i) }
  })
  const problems = policies.flatMap((one, i) => nameProblems(one, policies.slice(0, i)))
  if (problems.length > 0 || policies.length === 0) return { ...noCustomPolicies, problems }
  return named.trust ? runPolicies(policies, named.folder) : untriedPolicies(policies)
}

const extensions = ['.ts', '.mts', '.js', '.mjs']

function nameProblems({ id, name, place }: NamedPolicy, before: readonly NamedPolicy[]): Problem[] {
  const rule = extensions.includes(extname(name))
    ? idRule(id)
    : `a custom policy is a file that ends with ${extensions.join(', ')}`
  const twin = before.find((one) => one.id === id)
  const clash = twin && `'${id}' is there twice: ${twin.name} is called so too`
  const problem = rule ?? clash
  return problem === undefined ? [] : [errorAt(place, problem)]
}

/** Anything may be written for one that was not run, and what it means nobody knows. */
function untriedPolicies(policies: readonly NamedPolicy[]): CustomPolicies {
  const problems = policies.map(({ id, name, path, place }): Problem => {
    if (!existsSync(path)) return errorAt(place, `${path} does not exist`)
    const message = `${name} was not run, so what is written for '${id}' was not checked: --trust runs it`
    return { severity: 'warning', message, place }
  })
  return { ...noCustomPolicies, registry: registryWith(policies.map(untried)), problems }
}

const untried = ({ id }: NamedPolicy): AnyPolicy => ({
  id,
  about: 'a custom policy that was not run',
  phase: 'admit',
  schema: (zod) => zod.looseObject({}),
  defaultFor: () => undefined,
  compile: () => null,
  link: () => {
    throw new Error(`${id} was not run when it was compiled`)
  },
})

async function runPolicies(
  policies: readonly NamedPolicy[],
  folder: string,
): Promise<CustomPolicies> {
  // The bundler is loaded where there is something to bundle.
  const { bundleEntries, thrownAt } = await import('./bundle.ts')
  const { source, problems, files } = await bundleEntries(policies, folder)
  if (source === undefined) return { ...noCustomPolicies, problems, files }
  const trial: Trial = { thrownAt: (error) => thrownAt(error, files) }
  const code = codeOf(source, folder)
  const exported = await importTried(code).catch((error: unknown) => {
    const place = trial.thrownAt(error) ?? policies[0]!.place
    return errorAt(place, `custom policies cannot be imported: ${firstLineOf(error)}`)
  })
  if ('severity' in exported) {
    return { ...noCustomPolicies, problems: [exported as Problem], files }
  }
  const modules = exported['default'] as readonly { readonly default?: unknown }[]
  const made = policies.map((one, i) => readPolicy(one, modules[i]!.default, trial))
  const wrong = made.flatMap((one) => ('problems' in one ? one.problems : []))
  if (wrong.length > 0) return { ...noCustomPolicies, problems: wrong, files }
  const registry = registryWith(made.flatMap((one) => ('policy' in one ? one.policy : [])))
  return { registry, code, problems: [], files }
}

function readPolicy({ id, path }: NamedPolicy, exported: unknown, trial: Trial) {
  const place = { file: path, line: 1, column: 1 }
  const policy = readDefinition(exported)
  if (typeof policy === 'string') return { problems: [errorAt(place, policy)] }
  if (policy.id === id) return tried(policy, place, trial)
  const message = `its id is '${policy.id}', but its file is called '${id}': they must be the same`
  return { problems: [errorAt(place, message)] }
}

function codeOf(source: string, folder: string): SnapshotCode {
  const sum = hash('sha256', source)
  const url = pathToFileURL(join(folder, `concordat-policies-${sum.slice(0, 16)}.mjs`)).href
  return { hash: sum, url, source: new TextEncoder().encode(source) }
}
