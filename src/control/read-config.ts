// Reads a configuration: from a file to a checked one whose every key can be located, and to the
// policies that it may speak of.
import { basename, dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Documents, Problem, SourceFile } from '../base.ts'
import { loadDocuments } from '../load.ts'
import { ownRegistry, type Registry } from '../policy.ts'
import type { SnapshotCode } from '../snapshot.ts'
import { checkedBy } from './complaints.ts'
import type { WrittenConfig } from './compile.ts'
import { type Config, schemasFor } from './config.ts'
import { isConfigModule, type LoadedConfig, loadConfigModule } from './config-module.ts'
import { customPolicies, type CustomPolicies, noCustomPolicies } from './custom-policies.ts'
import { errorAt } from './problem-list.ts'

export interface ReadConfig extends CheckedConfig {
  readonly files: readonly SourceFile[]
  /** The policies that settings may name, and the code of those that are not ours. */
  readonly registry: Registry
  readonly code: SnapshotCode | undefined
}

export interface CheckedConfig {
  /** Undefined where `problems` holds an error. */
  readonly config: WrittenConfig | undefined
  readonly problems: readonly Problem[]
}

/**
 * Code is run where it is trusted: the configuration itself may be some, or name some. `value` is what
 * it holds, where there is no such file.
 */
export async function readConfig(
  file: string,
  trust: boolean,
  value?: object,
): Promise<ReadConfig> {
  const loaded = value === undefined ? loadConfig(file, trust) : heldConfig(file, value)
  const { documents, problems, files } = await loaded
  const none = { registry: ownRegistry, code: undefined }
  if (documents === undefined || hasErrors(problems)) {
    return { ...none, config: undefined, problems, files }
  }
  const custom = await customPoliciesOf(documents, file, trust)
  const allFiles = [...files, ...custom.files]
  const before = [...problems, ...custom.problems]
  if (hasErrors(before)) return { ...none, config: undefined, problems: before, files: allFiles }
  const { registry, code } = custom
  const checked = checkConfig(documents, registry)
  const all = [...before, ...checked.problems]
  return { ...checked, registry, code, problems: all, files: allFiles }
}

const hasErrors = (problems: readonly Problem[]): boolean =>
  problems.some(({ severity }) => severity === 'error')

async function loadConfig(file: string, trust: boolean): Promise<LoadedConfig> {
  return isConfigModule(file) ? loadConfigModule(file, trust) : loadDocuments(file)
}

/** Where a value is in no file its keys say where it is: `config.listen.port`. */
function heldConfig(file: string, value: object): LoadedConfig {
  const root = pathToFileURL(file).href
  const locate = (_uri: string, pointer: string) => {
    return { file: basename(file) + pointer.replaceAll('/', '.'), line: 0, column: 0 }
  }
  return { documents: { root, values: new Map([[root, value]]), locate }, problems: [], files: [] }
}

async function customPoliciesOf(
  documents: Documents,
  file: string,
  trust: boolean,
): Promise<CustomPolicies> {
  const { root, values } = documents
  const names = (values.get(root) as Record<string, unknown> | null)?.['customPolicies']
  // Whatever else is written there the schema complains of.
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    return noCustomPolicies
  }
  const placeOf = (index: number) => documents.locate(root, `/customPolicies/${index}`)
  return customPolicies({ names, folder: dirname(file), placeOf, trust })
}

/** The checked configuration, or what is wrong with it. */
export function checkConfig(documents: Documents, registry: Registry = ownRegistry): CheckedConfig {
  const locate = (pointer: string) => documents.locate(documents.root, pointer)
  // An empty file is an empty configuration.
  const value = documents.values.get(documents.root) ?? {}
  if (isContract(value)) {
    const message = 'this is a contract, not a configuration: name it without --config'
    return { config: undefined, problems: [errorAt(locate(''), message)] }
  }
  const subject = 'the configuration'
  const { config: schema, configJson: jsonSchema } = schemasFor(registry)
  const checked = checkedBy(schema, { value, subject, jsonSchema, locate })
  if ('data' in checked) return { config: { value: checked.data, locate }, problems: [] }
  return { config: undefined, problems: checked.problems }
}

const isContract = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('openapi' in value || 'swagger' in value)

/** The contract that the configuration names, as a path; relative to the configuration's folder. */
export function contractOf(config: Config, configFile: string): string | undefined {
  return config.contract === undefined ? undefined : resolve(dirname(configFile), config.contract)
}
