// Asks an admin port for its metrics and its readiness, within bounds: whatever answers there may
// be slow, endless, or no gateway at all.
import { performance } from 'node:perf_hooks'
import { harmless } from './top-parse.ts'
import { type Scrape, scrapeReader } from './top-scrape.ts'
import { unansweredReason } from './unanswered.ts'

export interface Look {
  readonly scrape: Scrape
  readonly readiness: Readiness
}

export interface Workers {
  readonly serving: number
  /** 0: the main thread serves. */
  readonly wanted: number
}

export interface Readiness {
  readonly ready: boolean
  /** Why it is not, in a word or two. */
  readonly state: string
  /** How the configuration in force differs from the one that is written, if it does. */
  readonly configuration: { readonly says: string; readonly why: string | undefined } | undefined
  /** Undefined where it does not say. */
  readonly workers: Workers | undefined
}

/** Why nothing could be learnt, for a title. */
export interface Failed {
  readonly failed: string
}

export type Source = (stop: AbortSignal) => Promise<Look | Failed>

const timeoutMs = 5_000
// 10,000 operations, each with several statuses, take about 90 MB.
const metricsBytesMax = 256 * 1024 * 1024
const readinessBytesMax = 64 * 1024
const lineCharsMax = 64 * 1024
const reasonCharsMax = 300

export function createSource(admin: URL, ask: typeof fetch = fetch): Source {
  const at = (path: string) => new URL(`${admin.pathname.replace(/\/$/, '')}${path}`, admin)
  return async (stop) => {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
    const get = (path: string) => ask(at(path), { signal, redirect: 'error' })
    try {
      const [scrape, readiness] = await Promise.all([
        get('/metrics').then(readScrape),
        get('/readyz').then(readReadiness),
      ])
      return typeof scrape === 'string' ? { failed: scrape } : { scrape, readiness }
    } catch (error) {
      return { failed: unansweredReason(error, timeoutMs) }
    }
  }
}

async function readScrape(response: Response): Promise<Scrape | string> {
  if (response.status !== 200) {
    await response.body?.cancel()
    return `/metrics answered ${response.status}`
  }
  // Of the beginning of the answer: the counts come first.
  const atMs = performance.now()
  const reader = scrapeReader()
  await eachLine(response, metricsBytesMax, reader.line)
  return reader.done(atMs) ?? 'the answer holds no metrics of a gateway'
}

async function readReadiness(response: Response): Promise<Readiness> {
  const lines: string[] = []
  await eachLine(response, readinessBytesMax, (line) => lines.push(line))
  return readinessIn(response.status, lines.join('\n'))
}

/** What `/readyz` says; what it does not say in JSON, its status says. */
export function readinessIn(status: number, text: string): Readiness {
  const data = field(parsed(text), 'data')
  const details = field(data, 'details')
  const ready = status === 200 && field(data, 'ready') !== false
  const state = textOf(field(details, 'state')) ?? 'not ready'
  return {
    ready,
    state,
    configuration: configurationIn(field(details, 'configuration')),
    workers: workersIn(field(details, 'workers')),
  }
}

const differences: ReadonlyMap<unknown, string> = new Map([
  ['refused', 'configuration refused'],
  ['failed', 'configuration not in force'],
  ['restart', 'needs a restart'],
])

function configurationIn(details: unknown): Readiness['configuration'] {
  const says = differences.get(field(details, 'state'))
  if (says === undefined) return undefined
  return { says, why: textOf(field(details, 'problem') ?? field(field(details, 'restart'), '0')) }
}

function workersIn(details: unknown): Readiness['workers'] {
  const [serving, wanted] = [field(details, 'serving'), field(details, 'wanted')]
  return typeof serving === 'number' && typeof wanted === 'number' ? { serving, wanted } : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined
}

/** The first line of a text. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? harmless(value.split('\n', 1)[0]!).slice(0, reasonCharsMax)
    : undefined

async function eachLine(
  { body }: Response,
  bytesMax: number,
  take: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder()
  let leftBytes = bytesMax
  let rest = ''
  for await (const chunk of body ?? []) {
    leftBytes -= chunk.length
    if (leftBytes < 0 || rest.length > lineCharsMax) throw new Error('the answer is too large')
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    lines.forEach(take)
  }
  take(rest)
}
