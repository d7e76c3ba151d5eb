// topology: what a reply tells of the network behind is mapped or taken out. An address of an
// endpoint becomes a path here; any other address that only the inside knows is not passed on.
import type { Exchange } from '../http.ts'
import { definePolicy, type Tools, type Zod } from './policy.ts'

export interface TopologyConfig {
  readonly internalHosts: readonly string[]
}

export const topology = definePolicy<TopologyConfig, TopologyConfig>({
  id: 'topology',
  about: 'Addresses of services in `Location`, `Link`, `Set-Cookie` and the like stay inside.',
  phase: 'several',
  everyReply: true,
  schema,
  defaultFor: (audience) => (audience === 'internal' ? undefined : { internalHosts: [] }),
  compile: (config) => config,
  looser(outer, inner) {
    const missing = outer.internalHosts.find((host) => !inner.internalHosts.includes(host))
    return missing === undefined ? undefined : `it no longer hides ${missing}`
  },
  link: (config, tools) => ({ mapped: { names, map: mapper(config, tools) } }),
})

const names = ['location', 'content-location', 'link', 'refresh', 'set-cookie']

function schema(zod: Zod) {
  return zod.strictObject({
    internalHosts: zod
      .array(zod.string().regex(/^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/, 'expected a host or *.domain'))
      .max(100)
      .describe('hosts that only the inside knows, beside endpoints and private addresses'),
  })
}

/** Who a host is: an endpoint's own, somebody else's inside, or anybody's. */
type HostKind = 'endpoint' | 'internal' | 'public'

type Kinds = (host: string) => HostKind

function mapper({ internalHosts }: TopologyConfig, { upstreamHosts }: Tools) {
  const listed = internalHosts.map((host) => host.toLowerCase())
  const isListed = (host: string) =>
    listed.some((one) => (one.startsWith('*.') ? host.endsWith(one.slice(1)) : host === one))
  const kindOf: Kinds = (host) => {
    if (upstreamHosts.has(host)) return 'endpoint'
    return isListed(host) || isPrivateName(host) ? 'internal' : 'public'
  }
  return (lowerName: string, value: string, exchange: Exchange): string | undefined => {
    switch (lowerName) {
      case 'set-cookie':
        return cookie(value, kindOf, exchange)
      case 'link':
        return link(value, kindOf, exchange)
      case 'refresh':
        return refresh(value, kindOf, exchange)
      default:
        return reference(value, kindOf, exchange)
    }
  }
}

/** Names and numbers that mean nothing outside, or something else. */
function isPrivateName(host: string): boolean {
  if (host.includes(':')) return /^(?:::1?$|f[cd]|fe[89ab]|::ffff:)/.test(host)
  if (/^[\d.]+$/.test(host)) {
    return /^(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(
      host,
    )
  }
  return (
    !host.includes('.') || /\.(?:local|localhost|internal|intranet|lan|corp|home\.arpa)$/.test(host)
  )
}

const authorityForm = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)(.*)$/is

/**
 * A URI reference as the client may have it: an endpoint's address becomes a path at this gateway,
 * whose own address the client knows. Undefined: it must not be sent.
 */
function reference(text: string, kindOf: Kinds, exchange: Exchange): string | undefined {
  const found = authorityForm.exec(text)
  if (found === null) return /^[\\/]{2}|\\/.test(text) ? undefined : withoutBase(text, exchange)
  const [, authority = '', rest = ''] = found
  const host = hostOf(authority)
  if (host === undefined) return undefined
  const kind = kindOf(host)
  // This gateway may stand on the same machine as the service: then the port tells them apart.
  if (kind === 'public' || authority.toLowerCase() === exchange.request.host.toLowerCase())
    return text
  if (kind === 'internal') return undefined
  return withoutBase(rest.startsWith('/') ? rest : `/${rest}`, exchange)
}

/** Lower case, without user, port and brackets; undefined where it is none. */
function hostOf(authority: string): string | undefined {
  const at = authority.slice(authority.lastIndexOf('@') + 1)
  const host = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\\%\s]+))(?::\d*)?$/i.exec(at)
  return (host?.[1] ?? host?.[2])?.toLowerCase().replace(/\.$/, '')
}

/** What an endpoint has in front of its paths the client must not see. */
function withoutBase(path: string, { sentTo }: Exchange): string {
  const base = sentTo?.basePath ?? ''
  const bare =
    base !== '' && (path === base || path.startsWith(`${base}/`)) ? path.slice(base.length) : path
  // Two slashes in front would be read as a host.
  if (bare.startsWith('//')) return `/${bare.replace(/^\/+/, '')}`
  return bare === '' && path !== '' ? '/' : bare
}

/** Links one by one: those that must not be sent are left out (RFC 8288). */
function link(value: string, kindOf: Kinds, exchange: Exchange): string | undefined {
  const kept: string[] = []
  let at = 0
  const one = /\s*<([^<>]*)>((?:[^,"]|"(?:[^"\\]|\\.)*")*)(?:,|$)/y
  while (at < value.length) {
    one.lastIndex = at
    const found = one.exec(value)
    // What cannot be read cannot be told to be harmless.
    if (found === null) return undefined
    at = one.lastIndex
    const target = reference(found[1]!, kindOf, exchange)
    const parameters = found[2]!
    if (target !== undefined && !/anchor\s*=\s*"?[a-z][a-z0-9+.-]*:?\/\//i.test(parameters)) {
      kept.push(`<${target}>${parameters.trimEnd()}`)
    }
  }
  return kept.length === 0 ? undefined : kept.join(', ')
}

function refresh(value: string, kindOf: Kinds, exchange: Exchange): string | undefined {
  const found = /^\s*[\d.]+\s*(?:[;,]\s*url\s*=\s*)?/i.exec(value)?.[0]
  if (found === undefined) return undefined
  const rest = value.slice(found.length).trim()
  if (rest === '') return value
  const quote = /^["']/.exec(rest)?.[0] ?? ''
  const target = reference(rest.replaceAll(/^["']|["']$/g, ''), kindOf, exchange)
  return target === undefined ? undefined : found + quote + target + quote
}

/** A cookie for a host that is not public is for this one; its path loses what is not public. */
function cookie(value: string, kindOf: Kinds, exchange: Exchange): string {
  const [pair = '', ...attributes] = value.split(';')
  const kept = attributes.flatMap((attribute) => {
    const [name = '', given = ''] = attribute.split('=', 2)
    const lowerName = name.trim().toLowerCase()
    const text = given.trim()
    if (lowerName === 'domain') {
      const host = text.replace(/^\./, '').toLowerCase()
      return kindOf(host) === 'public' ? [attribute] : []
    }
    if (lowerName !== 'path' || !text.startsWith('/')) return [attribute]
    const path = withoutBase(text, exchange)
    return path === text ? [attribute] : [` Path=${path}`]
  })
  return [pair, ...kept].join(';')
}
