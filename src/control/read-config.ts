// Reads `concordat.yaml`: from a file to a checked configuration whose every key can be located.
import { dirname, resolve } from 'node:path'
import type { Documents, Problem, SourceFile } from '../base.ts'
import { loadDocuments } from '../load.ts'
import { ownRegistry, type Registry } from '../policy.ts'
import { checkedBy } from './complaints.ts'
import { type Config, schemasFor } from './config.ts'
import type { WrittenConfig } from './compile.ts'

export interface ReadConfig {
  /** Undefined where `problems` holds an error. */
  readonly config: WrittenConfig | undefined
  readonly problems: readonly Problem[]
  readonly files: readonly SourceFile[]
}

export async function readConfig(file: string): Promise<ReadConfig> {
  const { documents, problems, files } = await loadDocuments(file)
  if (problems.some(({ severity }) => severity === 'error')) {
    return { config: undefined, problems, files }
  }
  const checked = checkConfig(documents)
  return { ...checked, problems: [...problems, ...checked.problems], files }
}

/** The checked configuration, or what is wrong with it. */
export function checkConfig(
  documents: Documents,
  registry: Registry = ownRegistry,
): Omit<ReadConfig, 'files'> {
  const locate = (pointer: string) => documents.locate(documents.root, pointer)
  // An empty file is an empty configuration.
  const value = documents.values.get(documents.root) ?? {}
  const subject = 'the configuration'
  const { config: schema, configJson: jsonSchema } = schemasFor(registry)
  const checked = checkedBy(schema, { value, subject, jsonSchema, locate })
  if ('data' in checked) return { config: { value: checked.data, locate }, problems: [] }
  return { config: undefined, problems: checked.problems }
}

/** The contract that the configuration names, as a path; relative to the configuration's folder. */
export function contractOf(config: Config, configFile: string): string | undefined {
  return config.contract === undefined ? undefined : resolve(dirname(configFile), config.contract)
}
