// Which header fields mean something to the engine: they frame a message, concern one connection
// alone, may stand once only, or are added or taken out on the way.
import { assert } from '../base.ts'
import { addedFieldsMax, type ReplyEdit } from '../http.ts'

export type Role =
  | 'drop'
  | 'host'
  | 'contentLength'
  | 'transferEncoding'
  | 'connection'
  | 'expect'
  | 'te'
  | 'keepAlive'
  | 'upgrade'
  | 'contentType'
  | 'authorization'
  | 'date'
  /** A bit: that there is such a field is noted. */
  | number

/**
 * Which fields have a role, listed by the length of their name so that most lines need one look;
 * the last list is for all names longer than those before it.
 */
export type Roles = readonly (readonly Candidate[] | undefined)[]

export interface Candidate {
  /** The name, or how it begins, folded. */
  readonly codes: Uint8Array
  readonly role: Role
  /** Whether the field is forwarded where it stands. */
  readonly stays: boolean
  /** Whether the engine reads the value; of other fields it only notes that they are there. */
  readonly takesValue: boolean
}

/** Of token characters none but letters, and `^` and `~`, come to the same as another one. */
const folded = (code: number): number => code | 0x20

const onlyNoted = new Set<Role>(['contentType', 'date', 'authorization'])

const staysInPlace = (role: Role): boolean =>
  typeof role === 'number' || role === 'contentLength' || onlyNoted.has(role)

const readsValue = (role: Role): boolean =>
  role === 'contentLength' || !(staysInPlace(role) || role === 'drop')

function rolesOf(roles: Readonly<Record<string, Role>>, droppedPrefix?: string): Roles {
  const byLength: Candidate[][] = []
  const add = (length: number, lowerText: string, role: Role) => {
    byLength[length] ??= []
    byLength[length].push({
      codes: Buffer.from(lowerText, 'latin1').map(folded),
      role,
      stays: staysInPlace(role),
      takesValue: readsValue(role),
    })
  }
  for (const [lowerName, role] of Object.entries(roles)) add(lowerName.length, lowerName, role)
  const longer = byLength.push([]) - 1
  if (droppedPrefix !== undefined) {
    for (let length = droppedPrefix.length; length <= longer; length++) {
      add(length, droppedPrefix, 'drop')
    }
  }
  return byLength
}

const framing = {
  'content-length': 'contentLength',
  'transfer-encoding': 'transferEncoding',
  connection: 'connection',
  'keep-alive': 'keepAlive',
  'proxy-connection': 'drop',
  upgrade: 'upgrade',
  te: 'te',
} as const

/**
 * In a request, what the gateway itself says to the upstream is dropped as well, and whatever else
 * only a trusted hop may say: a client's `X-Forwarded-User` would be believed there.
 */
export const requestRoles = rolesOf(
  {
    ...framing,
    authorization: 'authorization',
    'content-type': 'contentType',
    host: 'host',
    expect: 'expect',
    'http2-settings': 'drop',
    'proxy-authorization': 'drop',
    forwarded: 'drop',
    'x-real-ip': 'drop',
    'x-request-id': 'drop',
  },
  'x-forwarded',
)

const replyFields = {
  ...framing,
  date: 'date',
  'proxy-authenticate': 'drop',
  'proxy-authentication-info': 'drop',
  'x-request-id': 'drop',
} as const

export const replyRoles = rolesOf(replyFields)

/** How the replies of an operation are read: what is cut out, and which lines are added. */
export interface ReplyReading {
  readonly roles: Roles
  /** Of `noted`: whether a reply has one of the fields that are watched for. */
  readonly watchedBit: number
  /** The lines of fields to add where a reply has none of them. */
  readonly addedLines: string
  /** The same for a reply whose `noted` bits tell which of them it has. */
  linesWithout(noted: number): string
}

/** Above those of the fields that are added. */
const watchedBit = 1 << addedFieldsMax

/** `watched` are the lower-case names of fields whose presence is to be known. */
export function compileReplyReading(
  { drop, add }: ReplyEdit,
  watched: readonly string[] = [],
): ReplyReading {
  const roles: Record<string, Role> = {}
  const lines: string[] = []
  /** Of what is dropped first none is ever there, so that it needs no bit. */
  let always = ''
  for (let i = 0; i < add.length; i += 2) {
    const line = `${add[i]}: ${add[i + 1]}\r\n`
    const lowerName = add[i]!.toLowerCase()
    if (drop.includes(lowerName)) always += line
    else roles[lowerName] = 1 << (lines.push(line) - 1)
  }
  assert(lines.length <= addedFieldsMax, 'each added field has a bit')
  for (const name of watched) roles[name] = Number(roles[name] ?? 0) | watchedBit
  for (const name of drop) roles[name] = 'drop'
  return {
    watchedBit,
    // What frames a message no edit may touch.
    roles: rolesOf({ ...roles, ...replyFields }),
    addedLines: always + lines.join(''),
    linesWithout: (noted) => always + lines.filter((_, bit) => (noted & (1 << bit)) === 0).join(''),
  }
}

/** The field with a role whose name is in `bytes` from `start` to `end`; no string is made. */
export function candidateFor(
  bytes: Uint8Array,
  start: number,
  end: number,
  roles: Roles,
): Candidate | undefined {
  const candidates = roles[Math.min(end - start, roles.length - 1)]
  if (candidates === undefined) return undefined
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i]!
    const { codes } = candidate
    let at = 0
    while (at < codes.length && folded(bytes[start + at]!) === codes[at]) at++
    if (at === codes.length) return candidate
  }
  return undefined
}
