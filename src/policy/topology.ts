// topology: what a reply tells of the network behind is mapped or taken out. An address of an
// endpoint becomes a path here; any other address that only the inside knows is not passed on.
import type { Exchange } from '../http.ts'
import { compileHostKinds, type HostKind } from './host-kind.ts'
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

type Kinds = (host: string) => HostKind

function mapper({ internalHosts }: TopologyConfig, { upstreamHosts }: Tools) {
  const kindOf = compileHostKinds(upstreamHosts, internalHosts)
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

const authorityForm = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)(.*)$/is
/** Browsers take these to have an authority however many slashes there are. */
const specialScheme = /^(?:https?|wss?|ftp|file):/i
/** Browsers take control characters out, and backslashes in front of a query for slashes. */
// oxlint-disable-next-line no-control-regex
const readInTwoWays = /[\0-\x1f\x7f]|^[^?#]*\\/

/**
 * A URI reference as the client may have it: an endpoint's address becomes a path at this gateway,
 * whose own address the client knows. Undefined: it must not be sent.
 */
function reference(given: string, kindOf: Kinds, exchange: Exchange): string | undefined {
  const text = given.replace(/^ +/, '')
  if (readInTwoWays.test(text)) return undefined
  const [, authority, rest = ''] = authorityForm.exec(text) ?? []
  if (authority === undefined) {
    return specialScheme.test(text) ? undefined : withoutBase(text, exchange)
  }
  const kind = kindOf(hostOf(authority))
  // This gateway may stand on the same machine as the service: then the port tells them apart.
  const isOwn = authority.toLowerCase() === exchange.request.host.toLowerCase()
  if (kind === 'public' || (isOwn && kind !== 'unreadable')) return text
  return kind === 'endpoint' ? withoutBase(rooted(rest), exchange) : undefined
}

/** Without user and port. */
const hostOf = (authority: string): string =>
  authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '')

const rooted = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

/** What an endpoint has in front of its paths the client must not see. */
function withoutBase(path: string, { sentTo }: Exchange): string {
  const base = sentTo?.basePath ?? ''
  if (base === '' || !path.startsWith(base)) return withoutHost(path)
  const bare = path.slice(base.length)
  return /^(?:[/?#]|$)/.test(bare) ? withoutHost(rooted(bare)) : withoutHost(path)
}

/** Two slashes in front would be read as a host. */
const withoutHost = (path: string): string => path.replace(/^\/{2,}/, '/')

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
    if (target !== undefined && areOpen(parameters, kindOf, exchange)) {
      kept.push(`<${target}>${parameters.trimEnd()}`)
    }
  }
  return kept.length === 0 ? undefined : kept.join(', ')
}

const parameter = /\s*;\s*(?:([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?)?\s*/y

/** Whether the addresses of what a link is about, and of what it means, may be sent as they are. */
function areOpen(parameters: string, kindOf: Kinds, exchange: Exchange): boolean {
  for (let at = 0; at < parameters.length; at = parameter.lastIndex) {
    parameter.lastIndex = at
    const found = parameter.exec(parameters)
    if (found === null) return false
    const [, name = '', quoted, bare = ''] = found
    if (!/^(?:anchor|rel|rev)\*?$/i.test(name)) continue
    const words = (quoted ?? bare).split(' ')
    if (!words.every((word) => reference(word, kindOf, exchange) === word)) return false
  }
  return true
}

function refresh(value: string, kindOf: Kinds, exchange: Exchange): string | undefined {
  const found = /^\s*[\d.]+\s*[;,]?\s*(?:url\s*=\s*)?/i.exec(value)?.[0]
  if (found === undefined) return undefined
  const rest = value.slice(found.length)
  if (rest === '') return value
  const quote = /^["']/.exec(rest)?.[0] ?? ''
  const text = quote === '' ? rest : rest.slice(1).split(quote, 1)[0]!
  const target = reference(text, kindOf, exchange)
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
      return kindOf(text.replace(/^\./, '')) === 'public' ? [attribute] : []
    }
    if (lowerName !== 'path' || !text.startsWith('/')) return [attribute]
    const path = withoutBase(text, exchange)
    return path === text ? [attribute] : [` Path=${path}`]
  })
  return [pair, ...kept].join(';')
}
