// Who a host in an address is, however it is spelled: browsers read `0x7f.1`, `[::ffff:127.0.0.1]`
// and `SVC.` as others write them (WHATWG URL, section 3.5). What they might read in a way of their
// own is not told apart, but unreadable.
import { addressText, parseAddress } from '../http.ts'

/** An endpoint's own, somebody else's inside, anybody's, or nobody knows whose. */
export type HostKind = 'endpoint' | 'internal' | 'public' | 'unreadable'

/** Takes a host of a URL, without user and port, IPv6 in brackets. */
export function compileHostKinds(
  endpoints: Iterable<string>,
  internal: readonly string[],
): (host: string) => HostKind {
  const own = new Set([...endpoints].map((host) => plainHost(host) ?? plainHost(`[${host}]`)))
  const [domains, hosts] = [true, false].map((isDomain) =>
    internal.filter((one) => one.startsWith('*.') === isDomain).map((one) => one.toLowerCase()),
  )
  const isListed = (host: string) =>
    hosts!.includes(host) || domains!.some((one) => host.endsWith(one.slice(1)))
  return (text) => {
    const host = plainHost(text)
    if (host === undefined) return 'unreadable'
    if (own.has(host)) return 'endpoint'
    return isListed(host) || isPrivate(host) ? 'internal' : 'public'
  }
}

/** Beyond any name and any address: patterns need not look at more. */
const hostCharsMax = 255

const nameForm = /^[\w-]+(?:\.[\w-]+)*$/
/** A host that ends so is taken for an IPv4 address. */
const numberAtEnd = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/

/** One text for each host; undefined for what is none, or an address in an odd spelling. */
function plainHost(text: string): string | undefined {
  if (text.length > hostCharsMax) return undefined
  const host = text.toLowerCase().replace(/\.$/, '')
  const inBrackets = /^\[([0-9a-f:.]*:[0-9a-f:.]*)\]$/.exec(host)?.[1]
  if (inBrackets === undefined && !nameForm.test(host)) return undefined
  if (inBrackets === undefined && !numberAtEnd.test(host)) return host
  const address = parseAddress(inBrackets ?? host)
  return address && addressText(address)
}

const privateNumbers = new RegExp(
  [
    String.raw`^(?:0|10|127|169\.254|192\.0\.0|192\.168|198\.1[89])\.`,
    String.raw`^172\.(?:1[6-9]|2\d|3[01])\.`,
    String.raw`^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.`,
    String.raw`^2(?:2[4-9]|[345]\d)\.`,
  ].join('|'),
)

const privateNames = /\.(?:local|localhost|internal|intranet|lan|corp|home\.arpa)$/

/** Names and numbers that mean nothing outside, or something else. */
function isPrivate(host: string): boolean {
  // Unspecified, loopback, IPv4 in other clothes; unique local; link and site local; NAT64; 6to4.
  if (host.includes(':'))
    return /^(?:::|f[cd][0-9a-f]{2}:|fe[89a-f][0-9a-f]:|64:ff9b:|2002:)/.test(host)
  if (numberAtEnd.test(host)) return privateNumbers.test(host)
  return !host.includes('.') || privateNames.test(host)
}
