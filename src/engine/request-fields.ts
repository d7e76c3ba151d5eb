// The fields of a request on its way upstream, where policies set or take out some of them. The
// client's lines go on as the slices that they came in unless one of them is concerned.
import { assert } from '../base.ts'
import { editProblem, type HeaderList, isNamedAt, type RequestEdit } from '../http.ts'

/** What steps set (a value) or took out (undefined), by lower-case name. */
export type OwnFields = ReadonlyMap<string, OwnField>

export interface OwnField {
  readonly name: string
  readonly value: string | undefined
}

/** An edit ready to run: `lines` are the client's, each with CRLF, of the same fields. */
export type EditLines = (lines: string, headers: HeaderList) => string

export function compileRequestEdit({ drop, set }: RequestEdit): EditLines | undefined {
  const setNames = set.filter((_, i) => i % 2 === 0)
  const names = [...new Set([...drop, ...setNames.map((name) => name.toLowerCase())])]
  if (names.length === 0) return undefined
  let added = ''
  for (let i = 0; i < set.length; i += 2) added += `${set[i]}: ${set[i + 1]}\r\n`
  const byLength = byLengthOf(names)
  return (lines, headers) => {
    for (let i = 0; i < headers.length; i += 2) {
      const candidates = byLength[headers[i]!.length]
      if (candidates === undefined) continue
      if (isOneOf(candidates, headers[i]!, 0)) return without(lines, byLength) + added
    }
    return added === '' ? lines : lines + added
  }
}

/** The same for what steps set in one exchange. */
export function withOwnFields(lines: string, own: OwnFields): string {
  let added = ''
  for (const { name, value } of own.values()) {
    if (value !== undefined) added += `${name}: ${value}\r\n`
  }
  return without(lines, byLengthOf(own.keys())) + added
}

/** What a proxy that asked may copy to the request: name and value in turn. */
export function fieldsToCopy({ set }: RequestEdit, own: OwnFields | undefined): string[] {
  const fields = [...set]
  for (const { name, value } of own?.values() ?? []) {
    if (value !== undefined) fields.push(name, value)
  }
  return fields
}

/** Header lines, each with CRLF, but for those of these fields. */
export const withoutFields = (lines: string, lowerNames: readonly string[]): string =>
  without(lines, byLengthOf(lowerNames))

function without(lines: string, byLength: readonly (readonly string[])[]): string {
  let kept = ''
  let keptFrom = 0
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at)
    const next = lines.indexOf('\n', colon) + 1
    const candidates = byLength[colon - at]
    if (candidates !== undefined && isOneOf(candidates, lines, at)) {
      if (keptFrom < at) kept += lines.slice(keptFrom, at)
      keptFrom = next
    }
    at = next
  }
  return keptFrom < lines.length ? kept + lines.slice(keptFrom) : kept
}

/** Whether the name that begins there, and is as long, is one of these. */
function isOneOf(lowerNames: readonly string[], text: string, at: number): boolean {
  for (let i = 0; i < lowerNames.length; i++) if (isNamedAt(text, at, lowerNames[i]!)) return true
  return false
}

function byLengthOf(lowerNames: Iterable<string>): readonly (readonly string[])[] {
  const byLength: string[][] = []
  for (const name of lowerNames) (byLength[name.length] ??= []).push(name)
  return byLength
}

/** What a step of a policy may set: anything else would change what the message is. */
export function assertEditable(name: string, value: string | undefined): void {
  const problem = editProblem(name)
  assert(problem === undefined, `the field '${name}' may not be set: ${problem}`)
  assert(value === undefined || isFieldValue(value), `the value of '${name}' is no field value`)
}

/** Visible ASCII and white space within: what every reader takes alike. */
const isFieldValue = (value: string): boolean => /^(?:[!-~](?:[\t -~]*[!-~])?)?$/.test(value)

/** Whether it can stand in a request line as it is. */
export const isPathText = (path: string): boolean => /^\/[!-"$->@-~]*$/.test(path)

export const isAuthorityText = (host: string): boolean => /^[\w.~[\]:-]+$/.test(host)
