// Origins of pages (RFC 6454), as browsers say them in `Origin`, held against a list.

/** Whether an origin is one of these: `self` is that of the host asked for, `*` any. */
export function originTest(listed: readonly string[]): (origin: string, host: string) => boolean {
  if (listed.includes('*')) return () => true
  const known = new Set(listed.map(canonical).filter((one) => one !== undefined))
  const isSelf = listed.includes('self')
  return (origin, host) => {
    const said = canonical(origin)
    return said !== undefined && (known.has(said) || (isSelf && isOfHost(said, host)))
  }
}

/** Lower case, without the port that goes without saying; undefined for what names no host. */
function canonical(origin: string): string | undefined {
  const url = URL.parse(origin)
  if (url === null || url.host === '' || !/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\\\s]+$/i.test(origin)) {
    return undefined
  }
  return `${url.protocol}//${url.host}`
}

/**
 * The scheme is the page's own: before a proxy that ends TLS nobody here knows it. The port that
 * the scheme implies may stand in `Host` or not.
 */
function isOfHost(origin: string, host: string): boolean {
  const scheme = origin.slice(0, origin.indexOf('://'))
  return /^https?$/.test(scheme) && canonical(`${scheme}://${host}`) === origin
}
