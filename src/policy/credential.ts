// Whether a credential is present, scanning what came in place without copies. An empty value is
// an absent one.
import { headerValue, type HeaderList, isNamed } from '../http.ts'

/** `Authorization: <scheme> <something>`; the scheme counts in any case (RFC 9110, section 11.1). */
export function hasCredentials(headers: HeaderList, lowerScheme: string): boolean {
  const value = headerValue(headers, 'authorization')
  const length = lowerScheme.length
  if (value === undefined || value.length < length + 2 || value.charCodeAt(length) !== 32) {
    return false
  }
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    const lower = code >= 65 && code <= 90 ? code | 32 : code
    if (lower !== lowerScheme.charCodeAt(i)) return false
  }
  return true
}

export function hasField(headers: HeaderList, lowerName: string): boolean {
  const value = headerValue(headers, lowerName)
  return value !== undefined && value.length > 0
}

/** A cookie of that name, exactly, in any `Cookie` field. */
export function hasCookie(headers: HeaderList, name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if (isNamed(headers[i]!, 'cookie') && hasPair(headers[i + 1]!, ';', name)) return true
  }
  return false
}

/** A query parameter of that name; an escaped spelling of the name counts too. */
export function hasQuery(query: string, name: string): boolean {
  if (hasPair(query, '&', name)) return true
  if (query.indexOf('%') < 0 && query.indexOf('+') < 0) return false
  return new URLSearchParams(query).getAll(name).some((value) => value !== '')
}

/** Whether `name=x` stands between two separators, x not empty. */
function hasPair(text: string, separator: string, name: string): boolean {
  let from = 0
  while (from < text.length) {
    const found = text.indexOf(separator, from)
    const end = found < 0 ? text.length : found
    while (text.charCodeAt(from) === 32) from++
    const value = from + name.length + 1
    if (value < end && text.charCodeAt(value - 1) === 61 && text.startsWith(name, from)) return true
    from = end + 1
  }
  return false
}
