// Fields behind a body, for every protocol alike: read as strictly as those of a head, and without
// what may not come so late.
import { isProtectedField } from '../http.ts'
import { broken, type Broken, parseSection } from './fields.ts'
import { replyRoles } from './roles.ts'

const fieldsMax = 64

/** `text` are lines, each with CRLF. Gives names and values in turn. */
export function parseTrailers(text: string): readonly string[] | Broken {
  const section = parseSection(text, 0, text.length, replyRoles, fieldsMax)
  if ('broken' in section) return section
  if (section.contentLength !== undefined || section.chunked) {
    return broken('a trailer field frames the message')
  }
  return section.headers.filter((_, i) => mayTrail(section.headers[i - (i % 2)]!))
}

/** Of what may not come behind a message (RFC 9110 §6.5.1), what concerns the connection. */
const hopByHop = /^(?:connection|keep-alive|pragma|te|trailer|upgrade|(?:proxy|transfer)-.*)$/

function mayTrail(name: string): boolean {
  const lowerName = name.toLowerCase()
  return !hopByHop.test(lowerName) && !isProtectedField(lowerName)
}
