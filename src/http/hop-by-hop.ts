// Fields that concern one connection alone and must not be forwarded (RFC 9110 §7.6.1): a fixed
// set, and whatever `Connection` names. `Trailer` is not among them: it announces what goes on.
import { type HeaderList, headerValues, isNamed } from './headers.ts'

const fixed: readonly string[] = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]

export interface HopByHop {
  /** Whether the field of this name, in any case, must not be forwarded. */
  has(name: string): boolean
}

class Names implements HopByHop {
  readonly #names: ReadonlySet<string>
  /** A bit for each length there is: most names are told apart by it, in lower case unseen. */
  readonly #lengths: number

  constructor(names: readonly string[]) {
    this.#names = new Set(names)
    this.#lengths = names.reduce((bits, name) => bits | lengthBit(name), 0)
  }

  has(name: string): boolean {
    return (this.#lengths & lengthBit(name)) !== 0 && this.#names.has(name.toLowerCase())
  }
}

const lengthBit = (name: string): number => 1 << Math.min(name.length, 30)

const fixedNames: HopByHop = new Names(fixed)

/** Which fields of a message must not be forwarded. `connectionProblem` comes first. */
export function hopByHop(headers: HeaderList): HopByHop {
  if (namesNoField(headers)) return fixedNames
  const nominated = connectionOptions(headers).filter((name) => name !== 'close')
  return nominated.every((name) => fixedNames.has(name))
    ? fixedNames
    : new Names([...fixed, ...nominated])
}

/** Whether `Connection` is absent or as nearly every client has it: not worth taking apart. */
function namesNoField(headers: HeaderList): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if (!isNamed(headers[i]!, 'connection')) continue
    const value = headers[i + 1]!
    if (value !== 'keep-alive' && value !== 'close' && value !== 'Keep-Alive') return false
  }
  return true
}

/** The lower-case options of `Connection`, in order. */
export function connectionOptions(headers: HeaderList): string[] {
  const values = headerValues(headers, 'connection')
  if (values.length === 0) return []
  const options = values.join(',').toLowerCase().split(',')
  return options.map((option) => option.trim()).filter((option) => option !== '')
}

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/

// What a message is, who sent it and for whom: a peer that has these removed between our checks
// and the upstream would make the two of us see different messages.
const protectedNames: ReadonlySet<string> = new Set([
  'accept',
  'age',
  'allow',
  'api-key',
  'authorization',
  'cache-control',
  'cookie',
  'date',
  'digest',
  'expect',
  'expires',
  'forwarded',
  'host',
  'idempotency-key',
  'location',
  'max-forwards',
  'origin',
  'range',
  'referer',
  'retry-after',
  'set-cookie',
  'signature',
  'signature-input',
  'traceparent',
  'tracestate',
  'true-client-ip',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
])
const protectedPrefixes: readonly string[] = [
  'access-control-',
  'content-',
  'if-',
  'sec-',
  'x-api-',
  'x-auth',
  'x-client-',
  'x-csrf-',
  'x-forwarded',
  'x-real-ip',
  'x-request-id',
  'x-ssl-',
]

/** Why the `Connection` field of a message is refused; undefined where it is not. */
export function connectionProblem(headers: HeaderList): string | undefined {
  if (namesNoField(headers)) return undefined
  for (const option of connectionOptions(headers)) {
    if (!token.test(option)) return 'Connection holds something other than field names'
    if (isProtectedField(option)) return `Connection names ${option}, which goes to the upstream`
  }
  return undefined
}

/**
 * Whether a field, by lower-case name, tells what a message is, from whom and for whom. An
 * underscore counts as a hyphen: some services see no difference.
 */
export function isProtectedField(lowerName: string): boolean {
  const name = lowerName.replaceAll('_', '-')
  return protectedNames.has(name) || protectedPrefixes.some((prefix) => name.startsWith(prefix))
}

/** The fields that go on: a message without its hop-by-hop fields. */
export function endToEnd(headers: HeaderList): HeaderList {
  const names = hopByHop(headers)
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if (!names.has(headers[i]!)) kept.push(headers[i]!, headers[i + 1]!)
  }
  return kept
}

/** Whether an option such as `close` stands in `Connection`. */
export function hasConnectionOption(headers: HeaderList, option: string): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if (!isNamed(headers[i]!, 'connection')) continue
    if (headers[i + 1] === option || connectionOptions(headers).includes(option)) return true
  }
  return false
}
