// For tests of the compiler: contract and configuration from texts, problems as the lines that a
// person reads.
import { basename } from 'node:path'
import { type Documents, placeText, type Problem } from '../base.ts'
import { readContract } from '../contract.ts'
import { type NamedText, parseLocated } from '../load.ts'
import type { SnapshotPlan } from '../snapshot.ts'
import type { Deployment } from './build-types.ts'
import { compileSnapshot } from './compile.ts'
import type { Origins } from './origins.ts'
import { checkConfig } from './read-config.ts'

export const deployment: Deployment = {
  listen: [{ host: '127.0.0.1', port: 8080, isSecure: false }],
  admin: { host: '127.0.0.1', port: 9090, allowedHosts: [] },
  workers: 0,
  log: { access: 'off', redact: [] },
  drain: { noticeMs: 0, timeoutMs: 0 },
}

export function documentsFrom(text: string, file: string): Documents {
  const { value, locate } = parseLocated(text, file)
  const root = `file:///${file}`
  return { root, values: new Map([[root, value]]), locate: (_, pointer) => locate(pointer) }
}

export interface CompiledText {
  readonly plan: SnapshotPlan | undefined
  readonly snapshot: Uint8Array | undefined
  readonly origins?: Origins | undefined
  /** `file:line:column severity message`, files without a folder. */
  readonly said: readonly string[]
}

export function compileText(
  contract: string,
  config?: string,
  to: readonly string[] = ['http://127.0.0.1:3000'],
  files: Readonly<Record<string, string>> = {},
): CompiledText {
  const documents = documentsFrom(contract, 'openapi.yaml')
  const checked =
    config === undefined
      ? { config: undefined, problems: [] }
      : checkConfig(documentsFrom(config, 'concordat.yaml'))
  if (checked.problems.length > 0) {
    return { plan: undefined, snapshot: undefined, said: checked.problems.map(said) }
  }
  const { plan, snapshot, origins, problems } = compileSnapshot({
    contract: readContract(documents),
    documents,
    config: checked.config,
    files: { read: (path) => namedText(files, basename(path)) },
    to,
    deployment,
    upstreamNeeded: true,
  })
  return { plan, snapshot, origins, said: problems.map(said) }
}

function namedText(files: Readonly<Record<string, string>>, name: string): NamedText {
  const text = files[name]
  return text === undefined ? { problem: `${name} does not exist` } : { text }
}

const said = ({ severity, message, place }: Problem): string =>
  `${placeText(place)} ${severity} ${message}`
