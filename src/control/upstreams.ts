// Where requests go: upstreams as written become plans.
import type { Place, Problem } from '../base.ts'
import type { EndpointPlan, UpstreamPlan } from '../upstream.ts'
import type { Config } from './config.ts'
import type { Deployment } from './build-types.ts'
import { ownListener, readEndpoint } from './endpoints.ts'
import { errorAt } from './problem-list.ts'
import { compileTls, type TlsSources } from './upstream-tls.ts'

export interface UpstreamSources {
  readonly to: readonly string[]
  readonly inProcess?: boolean | undefined
  readonly standIn?: string | undefined
  readonly config: Config | undefined
  readonly locate: (pointer: string) => Place
  readonly deployment: Deployment
  readonly report: (problem: Problem) => void
  readonly files: TlsSources['files']
  readonly blob: TlsSources['blob']
  readonly epochMs: number
}

type Written = Config['upstreams'][string]

/** Where nobody listens (RFC 6761): whoever runs the program connects to it. */
const inProcessEndpoint: EndpointPlan = { host: 'in-process.invalid', port: 80, basePath: '' }

/** Endpoints of the command line are the one upstream; else those of the configuration. */
export function compileUpstreams(sources: UpstreamSources): UpstreamPlan[] {
  const { to, inProcess = false, standIn, config, locate } = sources
  const written = Object.entries(config?.upstreams ?? {})
  if (standIn !== undefined) {
    const endpoints = compileEndpoints([standIn], [commandLine(standIn)], sources)
    const names = written.length === 0 ? ['default'] : written.map(([name]) => name)
    return names.map((name) => ({ name, endpoints, preserveHost: false }))
  }
  if (to.length === 0 && !inProcess) {
    return written.map(([name, one]) => {
      const places = one.endpoints.map((_, i) => locate(`/upstreams/${name}/endpoints/${i}`))
      return upstreamOf(name, [one.endpoints, places], one, sources)
    })
  }
  if (written.length > 1) {
    sources.report({
      severity: 'error',
      message: `--to gives one upstream, but the configuration has ${written.length}`,
      place: commandLine('--to'),
    })
  }
  const [name, only] = written[0] ?? ['default', undefined]
  // A program that is asked with no hop between is asked under the name that its clients use.
  if (inProcess) return [{ name, endpoints: [inProcessEndpoint], preserveHost: true }]
  const places = to.map(() => commandLine('--to'))
  return [upstreamOf(name, [to, places], only, sources)]
}

/** Addresses as written, and where each is. */
type Addresses = readonly [texts: readonly string[], places: readonly Place[]]

function upstreamOf(
  name: string,
  [texts, places]: Addresses,
  written: Written | undefined,
  sources: UpstreamSources,
): UpstreamPlan {
  const read = compileEndpoints(texts, places, sources)
  const endpoints = written?.http === 2 ? read.map((one) => ({ ...one, http: 2 as const })) : read
  if (written !== undefined && endpoints.some(({ http }) => http === 2)) {
    reportConflicts(name, written, sources)
  }
  const tls = written?.tls && tlsOf(name, endpoints, written.tls, sources)
  return {
    name,
    endpoints,
    preserveHost: written?.preserveHost ?? false,
    ...(tls === undefined ? {} : { tls }),
    ...(written?.proxyProtocol === undefined ? {} : { proxyProtocol: written.proxyProtocol }),
  }
}

/** What cannot be together with HTTP/2. */
function reportConflicts(
  name: string,
  { http, proxyProtocol }: Written,
  { locate, report }: UpstreamSources,
): void {
  if (http === 1) {
    report(errorAt(locate(`/upstreams/${name}/http`), 'h2c:// speaks HTTP/2, and this says 1'))
  }
  if (proxyProtocol !== undefined) {
    const message = 'a PROXY header is for a connection of one client: HTTP/2 shares connections'
    report(errorAt(locate(`/upstreams/${name}/proxyProtocol`), message))
  }
}

function tlsOf(
  name: string,
  endpoints: readonly EndpointPlan[],
  tls: NonNullable<Written['tls']>,
  sources: UpstreamSources,
): UpstreamPlan['tls'] {
  const locate = (pointer: string) => sources.locate(`/upstreams/${name}/tls${pointer}`)
  // Where an address could not be read nobody knows.
  if (endpoints.length > 0 && !endpoints.some((one) => 'isSecure' in one)) {
    sources.report(errorAt(locate(''), "'tls' has no effect here: no endpoint is https://"))
  }
  return compileTls(tls, { ...sources, locate })
}

function compileEndpoints(
  texts: readonly string[],
  places: readonly Place[],
  { deployment, report }: UpstreamSources,
): EndpointPlan[] {
  const endpoints: EndpointPlan[] = []
  for (const [i, text] of texts.entries()) {
    const refuse = (message: string) => report({ severity: 'error', message, place: places[i]! })
    const endpoint = readEndpoint(text)
    if (typeof endpoint === 'string') {
      refuse(endpoint)
      continue
    }
    const own = ownListener(endpoint, deployment)
    if (own !== undefined) refuse(`the endpoint points back at ${own}`)
    if (endpoints.some((one) => sameEndpoint(one, endpoint))) refuse(`${text} is there twice`)
    endpoints.push(endpoint)
  }
  return endpoints
}

const sameEndpoint = (a: EndpointPlan, b: EndpointPlan): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

/** The place of what was given on the command line: no file, so line 0. */
export const commandLine = (file: string): Place => ({ file, line: 0, column: 0 })
