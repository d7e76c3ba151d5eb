// `concordat explain`: which policies hold for a request, where each was written, and what each says
// of it. A request is tried on the data plane itself, which sends it nowhere; of one that a running
// gateway refused, its admin port tells what is kept.
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { rehearse } from '../engine.ts'
import { parseAddress } from '../http.ts'
import { openSnapshot } from '../snapshot.ts'
import { acceptableId } from '../telemetry.ts'
import { askAdmin } from './admin-client.ts'
import { type BuiltSource, buildSource, sayError } from './build.ts'
import { readExplanation } from './explanation-json.ts'
import { explanationText } from './explain-view.ts'
import { readMessage } from './message.ts'
import { problemCounts, problemLines } from './problems.ts'
import type { SourceOptions } from './source.ts'
import { paintFor } from './style.ts'
import { terminalJson } from './terminal-json.ts'
import { type BuiltRequest, type Tried, triedOf } from './tried.ts'
import { whereToLook } from './unanswered.ts'
import type { ExitCode, World } from './world.ts'

export interface ExplainOptions extends SourceOptions {
  /** METHOD PATH, or an id. */
  readonly words: readonly string[]
  readonly as?: string | undefined
  readonly request?: string | undefined
  readonly header?: readonly string[] | undefined
  readonly to?: readonly string[] | undefined
  readonly admin: URL
}

const requestBytesMax = 16 * 1024 * 1024

export function explain(options: ExplainOptions, world: World): Promise<ExitCode> {
  const { words, request } = options
  const [first] = words
  if (words.length === 1 && request === undefined && first !== undefined) {
    if (acceptableId(first) && !/^(?:\/|[A-Z]+$)/.test(first)) {
      return explainId(first, options, world)
    }
  }
  const problem = pathProblem(words[1])
  if (problem !== undefined) {
    sayError(world, problem)
    return Promise.resolve(2)
  }
  if (words.length === 2 || (words.length === 0 && request !== undefined)) {
    return tryRequest(options, world)
  }
  sayError(world, 'say METHOD PATH of a request, or the id of one that was served')
  return Promise.resolve(2)
}

/** Of a path as people copy it from elsewhere. */
function pathProblem(path: string | undefined): string | undefined {
  if (path === undefined || path === '*' || path.startsWith('/')) return undefined
  const url = /^https?:/i.test(path) ? URL.parse(path) : null
  const meant = url === null ? `/${path}` : url.pathname + url.search
  return `a path begins with a slash: did you mean ${meant}?`
}

async function explainId(
  id: string,
  { admin, json }: ExplainOptions,
  world: World,
): Promise<ExitCode> {
  const asked = await askAdmin(admin, `/explain?id=${encodeURIComponent(id)}`)
  if ('failed' in asked) {
    sayError(world, `no answer from ${admin.host}: ${asked.failed}`)
    world.err.write(whereToLook)
    return 1
  }
  if ('refused' in asked) {
    sayError(world, asked.refused)
    return 1
  }
  const explanation = readExplanation(asked.data)
  if (explanation === undefined) {
    sayError(world, `what ${admin.host} answered explains nothing`)
    return 1
  }
  tell({ ...explanation, sending: null }, json, world)
  return 0
}

function tell(tried: Tried, json: boolean | undefined, world: World): void {
  if (json) world.out.write(`${terminalJson(tried)}\n`)
  else world.out.write(explanationText(tried, paintFor(world.out, world.env), world.out.columns))
}

// A request that is tried.

async function tryRequest(options: ExplainOptions, world: World): Promise<ExitCode> {
  const peer = options.as ?? '127.0.0.1'
  if (parseAddress(peer) === undefined) {
    sayError(world, `--as takes an IP address, not '${peer}': so far clients are known by it alone`)
    return 2
  }
  const bytes = await requestBytes(options, world)
  if (typeof bytes === 'string') {
    sayError(world, bytes)
    return 2
  }
  const built = await buildTried(options, world)
  if (typeof built === 'number') return built
  const [method, target] = options.words
  const { header: fields = [] } = options
  const { hosts } = built.sources.snapshot
  const message = readMessage(bytes, { method, target, fields, host: hostOf(hosts) })
  if ('problem' in message) {
    sayError(world, message.problem)
    return 2
  }
  const rehearsed = await rehearse(built.bundle, { ...message, peer })
  if ('problem' in rehearsed) {
    sayError(world, rehearsed.problem)
    return 1
  }
  tell(triedOf(rehearsed, message, peer, built), options.json, world)
  return 0
}

const hostOf = (hosts: readonly string[]): string =>
  hosts.find((host) => !host.includes('*')) ?? 'localhost'

async function buildTried(options: ExplainOptions, world: World): Promise<BuiltRequest | ExitCode> {
  const { to = [] } = options
  const first = await buildSource(options, { to, upstreamNeeded: false }, world)
  if (first === undefined) return 2
  const isPlaced = hasUpstream(first)
  const done = isPlaced
    ? first
    : await buildSource(options, { to: [nowhereFor(first)], upstreamNeeded: false }, world)
  const { snapshot: bundle, origins, problems } = (done ?? first).built
  if (bundle === undefined) {
    world.err.write(problemLines(problems, world.cwd, paintFor(world.err, world.env)))
    sayError(world, `${first.source.shown} is refused: ${problemCounts(problems)}`)
    return 1
  }
  const sources = { snapshot: openSnapshot(bundle), origins, cwd: world.cwd }
  return { bundle, sources, isPlaced }
}

/** Stands for a service of which nobody said where it is; gRPC is never asked in HTTP/1.1. */
function nowhereFor({ built: { snapshot } }: BuiltSource): string {
  const isGrpc = snapshot !== undefined && openSnapshot(snapshot).grpcServices !== undefined
  return `${isGrpc ? 'h2c' : 'http'}://service.invalid`
}

function hasUpstream({ built: { snapshot } }: BuiltSource): boolean {
  return snapshot === undefined || openSnapshot(snapshot).upstreams.length > 0
}

/** Or a sentence on why there are none. */
async function requestBytes(
  { request }: ExplainOptions,
  { cwd, stdin }: World,
): Promise<Buffer | string> {
  if (request === undefined) return Buffer.alloc(0)
  if (request === '-' && stdin === undefined) return 'nothing is piped in'
  const from = request === '-' ? stdin!() : createReadStream(resolve(cwd, request))
  try {
    return await bytesOf(from)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EISDIR') return `${request} is a folder`
    return code === 'ENOENT' ? `no file ${request}` : `${request} cannot be read: ${message}`
  }
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer | string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of source) {
    bytes += piece.length
    if (bytes > requestBytesMax) return `the request is longer than ${requestBytesMax} bytes`
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
