// Which hosts are served. A pattern is a name, `*.` and a name (one label or more before it, as
// proxies and Kubernetes have it), an IPv4 address or a bracketed IPv6 one; a port is optional.
import { addressText, parseAddress } from '../http.ts'

const name =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** What is wrong with a host pattern, for `check`; undefined where nothing is. */
export function hostProblem(pattern: string): string | undefined {
  const { host, port } = splitHost(pattern.toLowerCase())
  if (port !== undefined && !(/^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65_535)) {
    return `'${pattern}' has no valid port`
  }
  const isValid = host.startsWith('[')
    ? host.endsWith(']') && parseAddress(host.slice(1, -1)) !== undefined
    : host.length <= 253 && name.test(host)
  return isValid ? undefined : `'${pattern}' is no host name, address or *. and a name`
}

/**
 * Compiles host patterns to a test of `Host` as received: letter case never counts, the port only
 * where the pattern has one. No patterns: every host.
 */
export function compileHosts(hosts: readonly string[]): (host: string) => boolean {
  if (hosts.length === 0) return () => true
  const exact = new Set<string>()
  const behindStar = new Set<string>()
  for (const pattern of hosts) {
    const text = plainHost(pattern)
    if (text.startsWith('*.')) behindStar.add(text.slice(2))
    else exact.add(text)
  }
  return (host) => {
    if (exact.has(host)) return true
    const text = plainHost(host)
    const { host: bare } = splitHost(text)
    if (exact.has(text) || exact.has(bare)) return true
    return behindStar.size > 0 && (endsIn(behindStar, text) || endsIn(behindStar, bare))
  }
}

/** Whether what follows one of the dots is in the set. */
function endsIn(names: ReadonlySet<string>, host: string): boolean {
  let dot = host.indexOf('.', 1)
  for (; dot > 0; dot = host.indexOf('.', dot + 1)) {
    if (names.has(host.slice(dot + 1))) return true
  }
  return false
}

/** Lower case, and IPv6 in its one text. */
function plainHost(text: string): string {
  const { host, port } = splitHost(text.toLowerCase())
  const address = host.startsWith('[') ? parseAddress(host.slice(1, -1)) : undefined
  const plain = address === undefined ? host : `[${addressText(address)}]`
  return port === undefined ? plain : `${plain}:${port}`
}

function splitHost(text: string): { host: string; port: string | undefined } {
  const colon = text.lastIndexOf(':')
  if (colon <= text.lastIndexOf(']')) return { host: text, port: undefined }
  return { host: text.slice(0, colon), port: text.slice(colon + 1) }
}
