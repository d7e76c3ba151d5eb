// Who a request comes from, and what we tell the upstream about it: `Forwarded` (RFC 7239),
// `X-Forwarded-*` and `Via`.
//
// Hops write at the right end, so we read from there: from our peer on, as long as the hop that
// wrote an element is trusted. What stands left of the first untrusted address anybody may have
// written, and so may what stands left of a malformed element: neither is read nor passed on.
import { assert } from '../base.ts'
import { addressText, parseAddress } from './address.ts'
import { detached } from './detach.ts'
import type { Client, RequestHead } from './exchange.ts'
import { type HeaderList, headerValue, headerValues, isNamed } from './headers.ts'

export interface Peer {
  readonly address: string
  readonly port: number
}

/** Which of the two kinds of field the trusted hops are known to write. */
export type ForwardedBy = 'forwarded' | 'x-forwarded-for'

/** What one trusted hop says of the connection that it took. */
interface Hop extends Peer {
  /** The element of `Forwarded` as it is passed on. */
  readonly element: string
  /** What it says in the same element of how it was asked. */
  readonly proto: string | undefined
  readonly host: string | undefined
}

const hopsMax = 32

/**
 * The client: the peer, or the one that trusted hops vouch for. Its port is 0 where no hop says.
 * Where both kinds of field are there only those of `believed` count: a hop that writes one kind
 * may pass on the other as its own client forged it.
 */
export function clientFrom(
  peer: Peer,
  headers: HeaderList,
  isTrusted: (address: string) => boolean,
  believed: ForwardedBy = 'forwarded',
): Client {
  const own = { address: plainAddress(peer.address), port: peer.port }
  if (!isTrusted(own.address)) return { ...own, viaTrustedHop: false }
  const { address, port } = hopsBefore(headers, isTrusted, believed).at(-1) ?? own
  return { address, port, viaTrustedHop: true }
}

/** IPv4 dotted where it was mapped, IPv6 in its one text, no zone; a Unix socket has no address. */
function plainAddress(text: string): string {
  const address = parseAddress(text.split('%', 1)[0]!)
  return address === undefined ? 'unknown' : addressText(address)
}

/** The believed hops behind a trusted peer, nearest first; the last one is the client. */
function hopsBefore(
  headers: HeaderList,
  isTrusted: (address: string) => boolean,
  believed: ForwardedBy,
): Hop[] {
  const elements = believedElements(headers, believed)
  const hops: Hop[] = []
  for (const hop of elements) {
    if (hop === undefined || hops.push(hop) === hopsMax || !isTrusted(hop.address)) break
  }
  return hops
}

function believedElements(headers: HeaderList, believed: ForwardedBy): Iterable<Hop | undefined> {
  const standard = headerValues(headers, 'forwarded')
  const usual = headerValues(headers, 'x-forwarded-for')
  const isStandard = usual.length === 0 || (believed === 'forwarded' && standard.length > 0)
  return isStandard ? standardHops(standard.join(',')) : usualHops(usual.join(','))
}

/** Elements of `Forwarded` from the right. */
function* standardHops(value: string): Generator<Hop | undefined> {
  for (const element of elementsFromRight(value)) yield parseElement(element)
}

/** Addresses of `X-Forwarded-For` from the right. */
function* usualHops(value: string): Generator<Hop | undefined> {
  for (const text of elementsFromRight(value)) {
    const node = parseNode(text)
    yield node && { ...node, element: `for=${nodeText(node)}`, proto: undefined, host: undefined }
  }
}

/**
 * Splits at commas outside quotes, right to left: so a quote that a client left open cannot
 * swallow what an honest hop wrote after it.
 */
function* elementsFromRight(value: string): Generator<string> {
  let end = value.length
  let isQuoted = false
  for (let at = end - 1; at >= 0; at--) {
    if (value[at] === '"' && !isEscaped(value, at)) isQuoted = !isQuoted
    if (value[at] !== ',' || isQuoted) continue
    const element = value.slice(at + 1, end).trim()
    if (element !== '') yield element
    end = at
  }
  const first = value.slice(0, end).trim()
  if (first !== '') yield first
}

function isEscaped(value: string, at: number): boolean {
  let backslashes = 0
  while (value[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

const pair = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"([^"\\]*)")(;|$)/y

/** One element such as `for="[2001:db8::1]:80";proto=https`; undefined where it is malformed. */
function parseElement(element: string): Hop | undefined {
  const said = new Map<string, string>()
  pair.lastIndex = 0
  while (pair.lastIndex < element.length) {
    const part = pair.exec(element)
    const name = part?.[1]!.toLowerCase()
    if (name === undefined || said.has(name)) return undefined
    said.set(name, part![2] ?? part![3]!)
  }
  const node = parseNode(said.get('for') ?? '')
  return node && { ...node, element, proto: said.get('proto'), host: said.get('host') }
}

const nodeForm = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::([0-9]{1,5}))?$/i

/** An address with or without a port; `unknown` and obfuscated names (`_hop`) are none. */
function parseNode(text: string): Peer | undefined {
  const bare = parseAddress(text)
  if (bare !== undefined) return { address: addressText(bare), port: 0 }
  const parts = nodeForm.exec(text)
  const address = parts && parseAddress(parts[1] ?? parts[2]!)
  if (!address) return undefined
  const port = Number(parts[3] ?? 0)
  return port <= 65_535 ? { address: addressText(address), port } : undefined
}

const nodeText = ({ address }: Peer): string => (address.includes(':') ? `"[${address}]"` : address)

/** What is said of one client connection to the upstream. */
export interface Forwarding {
  /** The client of a request on this connection. */
  client(headers: HeaderList): Client
  /** Header lines to add to a request, each `Name: value\r\n`. */
  lines(request: Pick<RequestHead, 'host' | 'version' | 'headers'>): string
  /** Whether a field that came, by name in any case, stays behind: `lines` says it anew. */
  replaces(name: string): boolean
}

export interface ForwardingOptions {
  readonly peer: Peer
  readonly proto: 'http' | 'https'
  readonly isTrusted: (address: string) => boolean
  /** How this gateway calls itself in `Via`: a token. */
  readonly pseudonym: string
  readonly believed?: ForwardedBy
}

/** Made once a connection; a request that names the same host as the last one costs nothing. */
export function compileForwarding(options: ForwardingOptions): Forwarding {
  const { peer, proto, isTrusted, pseudonym, believed = 'forwarded' } = options
  assert(isToken(pseudonym), 'a pseudonym is a token')
  const client = clientFrom(peer, [], isTrusted)
  const own = `for=${nodeText(client)};proto=${proto}`
  if (client.viaTrustedHop) return new TrustedForwarding(options, believed, client, own)
  let last = { host: '', version: '', lines: '' }
  return {
    client: () => client,
    replaces: isForwardingField,
    lines({ host, version }) {
      if (host === last.host && version === last.version) return last.lines
      const kept = detached(host)
      const fields = fieldLines(own + hostPair(kept), client.address, proto, kept)
      last = { host: kept, version, lines: detached(fields + viaLine(version, pseudonym)) }
      return last.lines
    },
  }
}

class TrustedForwarding implements Forwarding {
  readonly #options: ForwardingOptions
  readonly #believed: ForwardedBy
  readonly #peer: Client
  readonly #own: string

  constructor(options: ForwardingOptions, believed: ForwardedBy, peer: Client, own: string) {
    this.#options = options
    this.#believed = believed
    this.#peer = peer
    this.#own = own
  }

  client(headers: HeaderList): Client {
    return clientFrom(this.#options.peer, headers, this.#options.isTrusted, this.#believed)
  }

  /** A trusted hop's other fields (`X-Forwarded-Port`, …) go on as they came. */
  replaces(name: string): boolean {
    return restated.has(fieldKey(name))
  }

  lines({ host, version, headers }: Pick<RequestHead, 'host' | 'version' | 'headers'>): string {
    const { isTrusted, proto, pseudonym } = this.#options
    const hops = hopsBefore(headers, isTrusted, this.#believed).toReversed()
    const elements = [...hops.map(({ element }) => element), this.#own + hostPair(host)]
    const addresses = [...hops.map(({ address }) => address), this.#peer.address]
    const said = saidOf(headers, hops[0])
    return (
      fieldLines(
        elements.join(', '),
        addresses.join(', '),
        isProto(said.proto) ? said.proto : proto,
        said.host !== undefined && isHost(said.host) ? said.host : host,
      ) + viaLine(version, pseudonym)
    )
  }
}

/** How the client asked: in the element that names it, else in the fields beside. */
function saidOf(headers: HeaderList, client: Hop | undefined): Pick<Hop, 'proto' | 'host'> {
  if (client?.proto !== undefined || client?.host !== undefined) return client
  return {
    proto: headerValue(headers, 'x-forwarded-proto')?.toLowerCase(),
    host: headerValue(headers, 'x-forwarded-host'),
  }
}

const isProto = (text: string | undefined): text is string => text === 'http' || text === 'https'

const restated: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
])

/** Whether only a trusted hop may say this; an underscore counts as a hyphen, as it does to many. */
export function isForwardingField(name: string): boolean {
  if (name.length < 9) return false
  const first = name.charCodeAt(0) | 0x20
  if (first !== 0x66 && first !== 0x78) return false // f, x
  const key = fieldKey(name)
  return key === 'forwarded' || key === 'x-real-ip' || key.startsWith('x-forwarded')
}

const fieldKey = (name: string): string => name.toLowerCase().replaceAll('_', '-')

function fieldLines(elements: string, addresses: string, proto: string, host: string): string {
  const hostLine = host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`
  return (
    `Forwarded: ${elements}\r\nX-Forwarded-For: ${addresses}\r\n` +
    `X-Forwarded-Proto: ${proto}\r\n${hostLine}`
  )
}

/** RFC 9110 §7.6.3; a line of its own, to stand behind those that came. */
const viaLine = (version: string, pseudonym: string): string => `Via: ${version} ${pseudonym}\r\n`

/** Whether the request has passed a gateway of this pseudonym already. */
export function passedThrough(headers: HeaderList, pseudonym: string): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if (isNamed(headers[i]!, 'via') && isViaOf(headers[i + 1]!, pseudonym.toLowerCase()))
      return true
  }
  return false
}

const isViaOf = (value: string, lowerName: string): boolean =>
  value.split(',').some((entry) => {
    const [, receivedBy] = entry.trim().split(/[ \t]+/, 2)
    return receivedBy?.toLowerCase() === lowerName
  })

const isToken = (text: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)

/** Visible ASCII without what would end a quoted string or a list element. */
const isHost = (text: string): boolean => /^[!#-+\--[\]-~]+$/.test(text)

function hostPair(host: string): string {
  if (host === '') return ''
  assert(isHost(host), 'the wire has checked the host')
  return isToken(host) ? `;host=${host}` : `;host="${host}"`
}
