// ip: which client addresses may call. Behind trusted hops the address is the one that they vouch
// for. A deny list wins over an allow list; where a level has an allow list, even an empty one, who
// is not in it is refused. Levels add up: a request must pass the lists of each.
import { assert, refuse, type Refusal } from '../base.ts'
import { cidrProblem, type Exchange } from '../http.ts'
import { AddressList, readList } from './address-list.ts'
import { type AddressTable, isEmptyTable, isInTables, readTable } from './address-table.ts'
import { type ApiSite, type Blob, definePolicy, type Tools, type Zod } from './policy.ts'

export interface IpConfig {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
  readonly allowFiles?: readonly string[] | undefined
  readonly denyFiles?: readonly string[] | undefined
}

/** Lists by the numbers of their tables; a file that many levels name is one table. */
export interface IpPlan {
  readonly scope: string
  readonly deny: readonly number[]
  /** Undefined: whoever is not denied may call. */
  readonly allow?: readonly number[]
}

const entriesMax = 10_000
const filesMax = 16

export const ip = definePolicy<IpConfig, IpPlan>({
  id: 'ip',
  about: 'Client addresses that may call, and such that may not.',
  phase: 'admit',
  everyRequest: true,
  stacks: true,
  standsAlone: true,
  schema: ipSchema,
  defaultFor: () => undefined,
  compile,
  link,
})

function ipSchema(zod: Zod) {
  const range = zod.string().refine((text) => cidrProblem(text) === undefined, {
    error: ({ input }) => cidrProblem(String(input)) ?? '',
  })
  const ranges = zod.array(range).max(entriesMax).optional()
  const files = zod.array(zod.string().min(1)).max(filesMax).optional()
  return zod.strictObject({
    allow: ranges.describe('addresses and CIDR ranges that may call; all others may not'),
    deny: ranges.describe('addresses and CIDR ranges that may not call, even if allowed'),
    allowFiles: files.describe('files of more to allow, relative to this one'),
    denyFiles: files.describe('files of more to deny, relative to this one'),
  })
}

function compile(config: IpConfig, site: ApiSite): IpPlan | undefined {
  const deny = [...ownTable(config.deny, site), ...fileTables(config.denyFiles, 'denyFiles', site)]
  const plan = { scope: site.scope, deny: numbersOf(deny) }
  if (config.allow === undefined && config.allowFiles === undefined) {
    return deny.length === 0 ? undefined : plan
  }
  const { allow: own, allowFiles } = config
  const allow = [...ownTable(own, site), ...fileTables(allowFiles, 'allowFiles', site)]
  if (allow.every(({ bytes }) => isEmptyTable(readTable(bytes)))) warnOfNobody(site)
  return { ...plan, allow: numbersOf(allow) }
}

const numbersOf = (tables: readonly Blob[]): number[] => tables.map(({ number }) => number)

function warnOfNobody({ place, scope, report }: ApiSite): void {
  assert(place !== undefined, 'no list is a default')
  const message = `the allow list of ${scope} is empty: every request is refused`
  report({ severity: 'warning', message, place })
}

/** The table of what the configuration itself lists. */
function ownTable(ranges: readonly string[] | undefined, site: ApiSite): Blob[] {
  if (ranges === undefined || ranges.length === 0) return []
  const make = () => {
    const list = new AddressList()
    for (const range of ranges) list.add(range)
    return list.bytes()
  }
  return [site.blob(`own ${ranges.join(' ')}`, make)]
}

function fileTables(names: readonly string[] | undefined, key: string, site: ApiSite): Blob[] {
  return (names ?? []).flatMap((name, i) => {
    const file = site.file(name, `/${key}/${i}`)
    if (file === undefined) return []
    return site.blob(`file ${file.path}`, () => readList(file, site.report).bytes())
  })
}

function link({ scope, allow, deny }: IpPlan, { blob }: Tools) {
  const tablesOf = (all: readonly number[]): AddressTable[] =>
    all.map((one) => readTable(blob(one)))
  const denying = tablesOf(deny)
  const allowing = allow === undefined ? undefined : tablesOf(allow)
  const denied = refusal(`in a deny list of ${scope}`)
  const notAllowed = refusal(`in no allow list of ${scope}`)
  return ({ client: { address } }: Exchange): Refusal | undefined => {
    if (isInTables(denying, address)) return denied
    return allowing === undefined || isInTables(allowing, address) ? undefined : notAllowed
  }
}

/** What the client is told does not tell which list it was. */
const refusal = (reason: string): Refusal => refuse('ADDRESS_DENIED', undefined, { reason })
