// The head of one part of a multipart/form-data body (RFC 7578): which field it is, and what its
// content is said to be. Strict where readers differ: a parameter given twice, one in the extended
// form (`filename*`, which RFC 7578 forbids), quotes and backslashes that may or may not escape.
import { trimBlanks } from './headers.ts'
import { type MediaType, parseMediaType } from './media-type.ts'
import { token } from './token.ts'

export interface PartHead {
  readonly name: string
  readonly filename: string | undefined
  /** Undefined where the part says none, which RFC 7578 takes for text/plain. */
  readonly type: MediaType | undefined
}

/** What is wrong with the head of a part, each as it is said of it. */
export const partFlaws = {
  field: 'a header line of a part is malformed',
  repeated: 'a part has a header field twice',
  no_disposition: 'a part has no `Content-Disposition: form-data`',
  disposition: 'a `Content-Disposition` is malformed, or could be read in two ways',
  no_name: 'a part has no name',
  type: 'the `Content-Type` of a part is malformed',
  coding: 'a part has a transfer encoding',
} as const

export type PartFlaw = keyof typeof partFlaws

export function readPartHead(lines: readonly string[]): PartHead | PartFlaw {
  const fields = fieldsOf(lines)
  if (typeof fields === 'string') return fields
  const coding = fields.get('content-transfer-encoding')?.toLowerCase() ?? 'binary'
  if (!plainCodings.includes(coding)) return 'coding'
  const written = fields.get('content-type')
  const type = written === undefined ? undefined : parseMediaType(written)
  if (written !== undefined && type === undefined) return 'type'
  const disposition = fields.get('content-disposition')
  if (disposition === undefined) return 'no_disposition'
  const named = readDisposition(disposition)
  return typeof named === 'string' ? named : { ...named, type }
}

/** Those that change nothing (RFC 2045, section 6.2). */
const plainCodings = ['7bit', '8bit', 'binary']

const fieldPattern = new RegExp(`^(${token}):(.*)$`)

function fieldsOf(lines: readonly string[]): Map<string, string> | PartFlaw {
  const fields = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = fieldPattern.exec(line) ?? []
    if (name === undefined) return 'field'
    const lower = name.toLowerCase()
    if (fields.has(lower)) return 'repeated'
    fields.set(lower, trimBlanks(value!))
  }
  return fields
}

// In a quoted text a backslash escapes for some readers and is itself for others (browsers write
// file names so); where it stands before a quote they differ in where the text ends.
const parameterPart = new RegExp(
  `[ \\t]*;[ \\t]*(${token})=(?:(${token})|"((?:[^"\\\\]|\\\\(?!"))*)")`,
  'y',
)

function readDisposition(text: string): Pick<PartHead, 'name' | 'filename'> | PartFlaw {
  const kind = /^form-data(?=[ \t]*;|$)/i.exec(text)
  if (kind === null) return 'no_disposition'
  const parameters = new Map<string, string>()
  for (let at = kind[0].length; at < text.length; at = parameterPart.lastIndex) {
    parameterPart.lastIndex = at
    const [, written, plain, quoted] = parameterPart.exec(text) ?? []
    const name = written?.toLowerCase()
    if (name === undefined || name.endsWith('*') || parameters.has(name)) return 'disposition'
    parameters.set(name, plain ?? quoted!)
  }
  const name = parameters.get('name')
  if (name === undefined || name === '') return 'no_name'
  return name.includes('\\') ? 'disposition' : { name, filename: parameters.get('filename') }
}
