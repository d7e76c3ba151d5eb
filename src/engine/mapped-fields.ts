// Fields of replies that policies look at where they come: addresses, cookies. Most replies have
// none of them, and cost nothing.
import { type Exchange, trimBlanks } from '../http.ts'
import type { MappedFields } from '../policy.ts'

export type MapFields = (headers: readonly string[], exchange: Exchange) => string[]

/** All of an operation as one; undefined where there is nothing to look at. */
export function linkMappedFields(all: readonly MappedFields[]): MapFields | undefined {
  if (all.length === 0) return undefined
  return (headers, exchange) => {
    const mapped: string[] = []
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!
      const value = mapValue(all, name.toLowerCase(), headers[i + 1]!, exchange)
      if (value !== undefined) mapped.push(name, value)
    }
    return mapped
  }
}

function mapValue(
  all: readonly MappedFields[],
  lowerName: string,
  given: string,
  exchange: Exchange,
): string | undefined {
  let value: string | undefined = given
  for (const { names, map } of all) {
    if (value === undefined) return undefined
    if (names.includes(lowerName)) value = map(lowerName, value, exchange)
  }
  return value
}

/** Header lines, each with its CRLF, as a list. */
export function fieldsOf(lines: string): string[] {
  const fields: string[] = []
  for (const line of lines.split('\r\n')) {
    if (line === '') continue
    const colon = line.indexOf(':')
    fields.push(line.slice(0, colon), trimBlanks(line.slice(colon + 1)))
  }
  return fields
}
