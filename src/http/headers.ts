// Header fields as they came: name and value in turn, in order, names in their original case.
// One flat array costs less than any map, and forwarding keeps order and repetition for free.

/** `[name, value, name, value, …]`; values have no white space around them. */
export type HeaderList = readonly string[]

/** Whether a field's name is `lowerName`, whatever its case. No string is made: it is hot. */
export const isNamed = (name: string, lowerName: string): boolean =>
  name.length === lowerName.length && isNamedAt(name, 0, lowerName)

/** The same of a name that begins there in a text, and is known to be as long. */
export function isNamedAt(text: string, start: number, lowerName: string): boolean {
  for (let i = 0; i < lowerName.length; i++) {
    const code = text.charCodeAt(start + i)
    const lower = lowerName.charCodeAt(i)
    if (code !== lower && ((code | 0x20) !== lower || lower < 0x61 || lower > 0x7a)) return false
  }
  return true
}

/**
 * A field's value without the blanks around it (RFC 9110 §5.5). Not by a pattern: one that ends with
 * blanks looks at a long run within a value once for each of them, and 60 kB took seconds.
 */
export function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/** The first value of a field, by lower-case name. */
export function headerValue(headers: HeaderList, lowerName: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (isNamed(headers[i]!, lowerName)) return headers[i + 1]
  }
  return undefined
}

/** Every value of a field in order, by lower-case name. */
export function headerValues(headers: HeaderList, lowerName: string): string[] {
  const values: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if (isNamed(headers[i]!, lowerName)) values.push(headers[i + 1]!)
  }
  return values
}

/** The values of a list field as one (RFC 9110 §5.3), by lower-case name. */
export function joinedValue(headers: HeaderList, lowerName: string): string | undefined {
  let joined: string | undefined
  for (let i = 0; i < headers.length; i += 2) {
    if (!isNamed(headers[i]!, lowerName)) continue
    joined = joined === undefined ? headers[i + 1]! : `${joined}, ${headers[i + 1]}`
  }
  return joined
}
