// Who may speak to the admin server: callers that name it as we expect, and, for whatever writes,
// callers that hold the token.
import { createHash, timingSafeEqual } from 'node:crypto'

export type HostCheck = (hostField: string | undefined, localAddress: string | undefined) => boolean

/**
 * A page of an attacker's whose name resolves to us has that name in `Host`. Names are therefore
 * listed; the address that the connection came to cannot be such a name, and probes of
 * orchestrators use it.
 */
export function hostCheck(listenHost: string, allowedHosts: readonly string[]): HostCheck {
  const expected = new Set(
    ['localhost', '127.0.0.1', '[::1]', listenHost, ...allowedHosts].map(canonicalHost),
  )
  return (hostField, localAddress) => {
    if (hostField === undefined) return false
    const host = canonicalHost(hostField.replace(/:\d*$/, ''))
    if (expected.has(host)) return true
    return localAddress !== undefined && host === canonicalHost(localAddress)
  }
}

// IPv6 in brackets, IPv4 in dotted form even when mapped.
function canonicalHost(host: string): string {
  const plain = host.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  return plain.includes(':') && !plain.startsWith('[') ? `[${plain}]` : plain
}

export type TokenCheck = (authorization: string | undefined) => boolean

/** Without a token nothing passes. */
export function tokenCheck(token: string | undefined): TokenCheck {
  if (token === undefined) return () => false
  const wanted = digest(token)
  return (authorization) => {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    // Digests have one length, so the comparison tells nothing of the token's.
    return given !== undefined && timingSafeEqual(digest(given), wanted)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
