// Where requests go: endpoint addresses as written become upstream plans.
import type { Place, Problem } from '../base.ts'
import type { EndpointPlan, UpstreamPlan } from '../upstream.ts'
import type { Config } from './config.ts'
import type { Deployment } from './build-types.ts'

/** An address read, or what is wrong with it. */
export function readEndpoint(text: string): EndpointPlan | string {
  const url = URL.parse(text)
  if (url === null || !/^[a-z]+:\/\/[^/]/i.test(text)) {
    return `'${shown(text)}' is not an address such as http://127.0.0.1:3000`
  }
  if (url.protocol === 'https:') return 'https endpoints are not supported by this version'
  if (url.protocol !== 'http:') return `an endpoint is http://, not ${url.protocol}//`
  if (url.username !== '' || url.password !== '') return 'an endpoint holds no user or password'
  if (text.includes('?') || text.includes('#')) return 'an endpoint holds no query and no fragment'
  if (url.port === '0') return 'an endpoint has a port of its own, not 0'
  if (/%|\/\/|\\/.test(url.pathname)) return `the path '${url.pathname}' could be read in two ways`
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    basePath: url.pathname.replace(/\/$/, ''),
  }
}

const shown = (text: string): string => text.replace(/\/\/[^/]*@/, '//').slice(0, 200)

const loopback = /^(localhost|127(\.\d+){3}|::1|::|0\.0\.0\.0)$/i

/** The listener that an endpoint points back at, if it does. */
export function ownListener(endpoint: EndpointPlan, deployment: Deployment): string | undefined {
  const { listen, admin } = deployment
  const isOwn = (own: Deployment['listen']) =>
    own.port !== 0 && own.port === endpoint.port && sameHost(own.host, endpoint.host)
  if (isOwn(listen)) return `port ${listen.port}, on which the API itself is served`
  return isOwn(admin) ? `port ${admin.port}, the admin port` : undefined
}

function sameHost(own: string, other: string): boolean {
  return own.toLowerCase() === other || (loopback.test(own) && loopback.test(other))
}

export interface UpstreamSources {
  readonly to: readonly string[]
  readonly inProcess?: boolean | undefined
  readonly standIn?: string | undefined
  readonly config: Config | undefined
  readonly locate: (pointer: string) => Place
  readonly deployment: Deployment
  readonly report: (problem: Problem) => void
}

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
    return written.map(([name, { endpoints, preserveHost }]) => {
      const places = endpoints.map((_, i) => locate(`/upstreams/${name}/endpoints/${i}`))
      return { name, endpoints: compileEndpoints(endpoints, places, sources), preserveHost }
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
  const preserveHost = only?.preserveHost ?? false
  return [{ name, endpoints: compileEndpoints(to, places, sources), preserveHost }]
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
  a.host === b.host && a.port === b.port && a.basePath === b.basePath

/** The place of what was given on the command line: no file, so line 0. */
export const commandLine = (file: string): Place => ({ file, line: 0, column: 0 })
