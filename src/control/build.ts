// From files to a snapshot: load, read the contract, compile, encode. The heavy part of a start;
// nothing here is imported before it is needed.
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import { type Documents, type Problem, type SourceFile, workersFor } from '../base.ts'
import { readContract } from '../contract.ts'
import { loadDocuments, NamedFiles, type OverlayFile } from '../load.ts'
import { ownRegistry } from '../policy.ts'
import type { Built, BuildOptions, Deployment } from './build-types.ts'
import { compileSnapshot } from './compile.ts'
import type { Config } from './config.ts'
import { deploymentDefaults } from './defaults.ts'
import { acmePlansOf, listenerAddresses, readCertificatesOf } from './listeners.ts'
import { errorAt, presentable } from './problem-list.ts'
import { contractOf, readConfig, type ReadConfig } from './read-config.ts'
import { commandLine } from './upstreams.ts'

const noConfig: ReadConfig = {
  config: undefined,
  problems: [],
  files: [],
  registry: ownRegistry,
  code: undefined,
}

export async function buildSnapshot(options: BuildOptions): Promise<Built> {
  const built = await build(options)
  return { ...built, problems: presentable(built.problems) }
}

async function build(options: BuildOptions): Promise<Built> {
  const { listening, ...read } = withListeners(await readOf(options), options)
  const deployment = deploymentOf(options, read.config?.value)
  const failed = (problems: readonly Problem[], files: readonly SourceFile[]): Built => {
    return { snapshot: undefined, deployment, problems, files, ...listening }
  }
  if (hasErrors(read.problems)) return failed(read.problems, read.files)
  const contractFile = contractFileOf(options, read)
  if (contractFile === undefined) return failed([...read.problems, noContract(read)], read.files)
  const namedAt = options.contractFile === undefined ? read.config?.locate('/contract') : undefined
  const { allowRef = [] } = options
  const overlays = overlaysOf(options, read)
  const loaded = await loadDocuments(contractFile, { allowRef, namedAt, overlays })
  const documentFiles = [...read.files, ...loaded.files]
  const problems = [...read.problems, ...loaded.problems]
  if (hasErrors(problems)) return failed(problems, documentFiles)
  const named = new NamedFiles({
    folders: [dirname(contractFile), ...allowRef],
    overlays: overlays.map(({ file }) => file),
  })
  const compiled = compileSnapshot({
    contract: readContract(loaded.documents),
    documents: loaded.documents,
    config: read.config,
    registry: read.registry,
    code: read.code,
    files: named,
    to: options.to,
    inProcess: options.inProcess,
    standIn: options.standIn,
    deployment,
    upstreamNeeded: options.upstreamNeeded ?? true,
  })
  const files = [...documentFiles, ...named.files]
  const { snapshot, origins, plan } = compiled
  const holdsKey = plan?.upstreams.some(({ tls }) => tls?.key !== undefined) === true
  return {
    snapshot,
    origins,
    deployment,
    problems: [...problems, ...compiled.problems],
    files,
    ...(holdsKey ? { holdsKey } : {}),
    ...listening,
  }
}

/** Before the contract, so that a renewed certificate is not held up by what is wrong with it. */
function withListeners(
  read: ReadConfig,
  options: BuildOptions,
): ReadConfig & { readonly listening: Pick<Built, 'certificates' | 'acme' | 'holdsKey'> } {
  const named = new NamedFiles({ folders: [] })
  const problems: Problem[] = []
  const report = (problem: Problem) => void problems.push(problem)
  const locate = read.config?.locate ?? (() => commandLine('--tls'))
  const sources = { files: named, locate, report, epochMs: Date.now() }
  const config = read.config?.value
  const certificates = readCertificatesOf(options, config, sources)
  const folder = dirname(resolve(options.configFile ?? ''))
  const acme = acmePlansOf(config, { ...sources, folder })
  return {
    ...read,
    problems: [...read.problems, ...problems],
    files: [...read.files, ...named.files],
    listening: {
      ...(certificates?.length ? { certificates, holdsKey: true } : {}),
      ...(acme.length > 0 ? { acme } : {}),
    },
  }
}

async function readOf({ configFile, configValue, trust }: BuildOptions): Promise<ReadConfig> {
  if (configFile === undefined) return noConfig
  return readConfig(resolve(configFile), trust === true, configValue)
}

/** What such a build reads, overlays applied: for whoever needs more of it than a snapshot keeps. */
export async function loadContract(options: BuildOptions): Promise<Documents | undefined> {
  const { allowRef = [] } = options
  const read = await readOf(options)
  const contractFile = contractFileOf(options, read)
  if (contractFile === undefined) return undefined
  const overlays = overlaysOf(options, read)
  return (await loadDocuments(contractFile, { allowRef, overlays })).documents
}

const hasErrors = (problems: readonly Problem[]): boolean =>
  problems.some(({ severity }) => severity === 'error')

function contractFileOf(options: BuildOptions, { config }: ReadConfig): string | undefined {
  if (options.contractFile !== undefined) return resolve(options.contractFile)
  return config && contractOf(config.value, resolve(options.configFile!))
}

/** The configuration's, relative to it; then those of the command line. */
function overlaysOf({ configFile, overlays = [] }: BuildOptions, { config }: ReadConfig) {
  const written = (config?.value.overlays ?? []).map((name, at): OverlayFile => ({
    file: resolve(dirname(resolve(configFile!)), name),
    namedAt: config!.locate(`/overlays/${at}`),
  }))
  return [...written, ...overlays.map((name): OverlayFile => ({ file: resolve(name) }))]
}

function noContract({ config }: ReadConfig): Problem {
  const place = config?.locate('') ?? commandLine('command line')
  return errorAt(place, "no contract: name one on the command line, or 'contract' here")
}

/** The command line wins over the configuration, and that over the defaults and the machine. */
function deploymentOf(options: BuildOptions, config: Config | undefined): Deployment {
  const { admin, log, drain } = config ?? deploymentDefaults
  return {
    listen: listenerAddresses(options, config),
    admin: {
      host: admin.host,
      port: options.adminPort ?? admin.port,
      allowedHosts: config?.admin.allowedHosts ?? [],
    },
    workers: options.workers ?? config?.workers ?? workersFor(availableParallelism()),
    log: { access: accessOf(log.access, options), redact: config?.log.redact ?? [] },
    drain: { noticeMs: drain.noticeMs, timeoutMs: drain.timeoutMs },
  }
}

/** A file is named relative to the configuration that names it. */
function accessOf(access: string, { configFile }: BuildOptions): string {
  if (access === 'stdout' || access === 'off' || configFile === undefined) return access
  return resolve(dirname(configFile), access)
}
