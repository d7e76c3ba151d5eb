// `name=value` pairs of a query or a form, and of cookies.

/** Strict: throws URIError on a broken escape and on bytes that are not UTF-8. */
export function percentDecoded(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text
}

/**
 * As application/x-www-form-urlencoded has it, where `+` is a space. RFC 6570 knows no such rule,
 * but never writes a bare `+` either, whereas forms, `URLSearchParams` and most services do it so.
 */
export function formDecoded(text: string): string {
  return percentDecoded(text.includes('+') ? withSpaces(text) : text)
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Longer texts byte by byte: `replaceAll` takes 190 ms for a megabyte of `+`. */
const longChars = 1_000

function withSpaces(text: string): string {
  if (text.length < longChars) return text.replaceAll('+', ' ')
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === 0x2b) bytes[at] = 0x20
  return utf8.decode(bytes)
}

/**
 * Visits the pairs of a query or form, still encoded; empty ones do not count.
 * @returns false where there are more than `pairsMax`: those beyond are not visited.
 */
export function eachPair(
  text: string,
  pairsMax: number,
  visit: (name: string, value: string, pair: string) => void,
): boolean {
  let count = 0
  for (let start = 0; start < text.length;) {
    if (text.charCodeAt(start) === 0x26) {
      start++
      continue
    }
    const next = text.indexOf('&', start)
    const end = next < 0 ? text.length : next
    if (++count > pairsMax) return false
    const pair = text.slice(start, end)
    const equals = pair.indexOf('=')
    if (equals < 0) visit(pair, '', pair)
    else visit(pair.slice(0, equals), pair.slice(equals + 1), pair)
    start = end + 1
  }
  return true
}

/** Visits the pairs of a `Cookie` field (RFC 6265, section 4.2.1); what is no pair is passed over. */
export function eachCookie(
  text: string,
  pairsMax: number,
  visit: (name: string, value: string) => void,
): boolean {
  let count = 0
  for (let start = 0; start < text.length;) {
    const next = text.indexOf(';', start)
    const end = next < 0 ? text.length : next
    if (++count > pairsMax) return false
    const pair = text.slice(start, end)
    const equals = pair.indexOf('=')
    if (equals > 0) visit(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim())
    start = end + 1
  }
  return true
}
