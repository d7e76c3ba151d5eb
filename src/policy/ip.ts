// ip: which client addresses may call. Behind trusted hops the address is the one that they vouch
// for. A deny list wins over an allow list; where a level has an allow list, even an empty one, who
// is not in it is refused. Levels add up: a request must pass the lists of each.
import { type Problem, refuse, type Refusal } from '../base.ts'
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
  const ranges = (about: string) => zod.array(range).max(entriesMax).optional().describe(about)
  const files = (about: string) =>
    zod.array(zod.string().min(1)).max(filesMax).optional().describe(about)
  return zod.strictObject({
    allow: ranges('addresses and CIDR ranges that may call; all others may not'),
    deny: ranges('addresses and CIDR ranges that may not call, even where they are allowed'),
    allowFiles: files('files of more to allow, relative to this one: one address or range a line'),
    denyFiles: files('files of more to deny'),
  })
}

function compile(config: IpConfig, site: ApiSite): IpPlan | undefined {
  const deny = [...inline(config.deny, site), ...files(config.denyFiles, 'denyFiles', site)]
  const isOpen = config.allow === undefined && config.allowFiles === undefined
  if (isOpen) return deny.length === 0 ? undefined : { scope: site.scope, deny: numbers(deny) }
  const allow = [...inline(config.allow, site), ...files(config.allowFiles, 'allowFiles', site)]
  if (allow.every(({ bytes }) => isEmptyTable(readTable(bytes)))) site.report(nobody(site))
  return { scope: site.scope, deny: numbers(deny), allow: numbers(allow) }
}

const numbers = (blobs: readonly Blob[]): number[] => blobs.map(({ number }) => number)

function nobody({ place, scope }: ApiSite): Problem {
  const message = `the allow list of ${scope} is empty: every request is refused`
  return { severity: 'warning', message, place: place! }
}

function inline(ranges: readonly string[] | undefined, site: ApiSite): Blob[] {
  if (ranges === undefined || ranges.length === 0) return []
  const make = () => {
    const list = new AddressList()
    for (const range of ranges) list.add(range)
    return list.bytes()
  }
  return [site.blob(`list ${ranges.join(' ')}`, make)]
}

function files(names: readonly string[] | undefined, key: string, site: ApiSite): Blob[] {
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
