// Which operations create, list, read, change and delete one kind of thing, told by the shapes of
// paths and replies. Where that is not plain an operation has no part, and is answered by its schema.
import type { MediaModel, OperationModel, ReplyModel } from './read-replies.ts'
import type { Schemas } from './schemas.ts'
import { idNames, itemPart, listPart, type Part } from './shapes.ts'

export interface Resource {
  /** `messages`. */
  readonly name: string
  /** Schemas of one of them, as reading it answers. */
  readonly numbers: readonly number[]
  /** The property that names one. */
  readonly id: string
  /** Template of one, where it has an address: `/v1/messages/{messageId}`. */
  readonly address: string | undefined
}

export type Act = 'create' | 'list' | 'read' | 'replace' | 'change' | 'delete'

/** What an operation does to a resource. */
export interface Role {
  readonly act: Act
  readonly resource: Resource
  readonly reply: ReplyModel
  /** Where the resource, or the list of them, lies in the reply; undefined where it has no body. */
  readonly media: MediaModel | undefined
  readonly part: Part | undefined
}

export interface Resources {
  readonly all: readonly Resource[]
  /** By index of the operation. */
  readonly roles: ReadonlyMap<number, Role>
  /** By template of one of them, with the names of its parameters left out. */
  readonly addresses: ReadonlyMap<string, Resource>
}

/** An operation that may be about a collection, or about one of its items. */
interface Candidate {
  readonly index: number
  readonly model: OperationModel
  /** `channels` of `/channels` and of `/channels/{id}`. */
  readonly segment: string
  /** Template of the collection, with the names of its parameters left out. */
  readonly collection: string
  /** Name of the last parameter, for one item. */
  readonly parameter: string | undefined
  readonly act: Act
  readonly reply: ReplyModel
}

const ofCollection: Readonly<Record<string, Act>> = { GET: 'list', POST: 'create' }
const ofItem: Readonly<Record<string, Act>> = {
  GET: 'read',
  PUT: 'replace',
  PATCH: 'change',
  DELETE: 'delete',
}

export function findResources(operations: readonly OperationModel[], schemas: Schemas): Resources {
  const candidates = operations.flatMap((model, index) => candidate(model, index) ?? [])
  const roles = new Map<number, Role>()
  const all: Resource[] = []
  const addresses = new Map<string, Resource>()
  for (const family of families(candidates, schemas)) {
    const resource = resourceOf(family, schemas)
    if (resource === undefined) continue
    all.push(resource)
    for (const one of family) {
      if (one.parameter !== undefined) addresses.set(`${one.collection}/{}`, resource)
      const role = roleOf(one, resource, schemas)
      if (role !== undefined) roles.set(one.index, role)
    }
  }
  return { all, roles, addresses }
}

const lastParameter = /^\{([^{}]+)\}$/

function candidate(model: OperationModel, index: number): Candidate | undefined {
  const { method } = model.operation
  const template = fullTemplate(model)
  const segments = template.split('/')
  const parameter = lastParameter.exec(segments.at(-1)!)?.[1]
  const act = (parameter === undefined ? ofCollection : ofItem)[method]
  const path = parameter === undefined ? segments : segments.slice(0, -1)
  const segment = path.at(-1)
  const reply = successOf(model.replies, act === 'create' ? '201' : '200')
  if (!act || !reply || !segment || segment.includes('{')) return undefined
  const collection = path.join('/').replaceAll(/\{[^{}]+\}/g, '{}')
  return { index, model, segment, collection, parameter, act, reply }
}

export const fullTemplate = ({ operation }: OperationModel): string =>
  `${operation.basePaths[0] ?? ''}${operation.template}`

/** The wanted status where it is declared, else the first that means success. */
export function successOf(replies: readonly ReplyModel[], wanted: string): ReplyModel | undefined {
  return (
    replies.find(({ status }) => status === wanted) ??
    replies.find(({ status }) => status.startsWith('2')) ??
    replies.find(({ status }) => status === 'default')
  )
}

/** Candidates about one thing: of one collection, or of one name and one schema. */
function families(candidates: readonly Candidate[], schemas: Schemas): Candidate[][] {
  const found = new Map<string, Candidate[]>()
  for (const one of candidates) {
    const family = found.get(one.collection)
    if (family === undefined) found.set(one.collection, [one])
    else family.push(one)
  }
  const merged: Candidate[][] = []
  for (const family of found.values()) {
    const like = merged.find((other) => isSameThing(other, family, schemas))
    if (like === undefined) merged.push(family)
    else like.push(...family)
  }
  return merged
}

/** `/channels/{id}/messages` and `/messages/{id}`, where messages are messages. */
function isSameThing(
  one: readonly Candidate[],
  other: readonly Candidate[],
  schemas: Schemas,
): boolean {
  if (one[0]!.segment !== other[0]!.segment) return false
  const [mine, theirs] = [signs(one, schemas), signs(other, schemas)]
  // Who only deletes shows no schema: the name has to do.
  return mine.size === 0 || theirs.size === 0 || [...mine].some((sign) => theirs.has(sign))
}

/** Schemas of the thing, as the replies of its operations show them. */
function signs(family: readonly Candidate[], schemas: Schemas): Set<string> {
  const ids = idsOf(family)
  return new Set(
    family.flatMap((one) => {
      const part = partOf(one, ids, schemas)
      return part === undefined ? [] : [part.numbers.map((n) => resolved(schemas, n)).join()]
    }),
  )
}

function resolved({ node }: Schemas, number: number): number {
  let found = number
  for (let next = node(found); typeof next === 'number'; next = node(found)) found = next
  return found
}

const idsOf = (family: readonly Candidate[]): string[] => {
  const parameter = family.find((one) => one.parameter !== undefined)?.parameter
  return idNames(parameter, family[0]!.segment)
}

function partOf(one: Candidate, ids: readonly string[], schemas: Schemas): Part | undefined {
  const number = one.reply.media[0]?.schema
  if (number === undefined) return undefined
  return (one.act === 'list' ? listPart : itemPart)(schemas, [number], ids)
}

/** Best first: whose reply says most of what one of them is. */
const tellers: readonly Act[] = ['read', 'create', 'replace', 'change', 'list']

function resourceOf(family: readonly Candidate[], schemas: Schemas): Resource | undefined {
  const has = (act: Act) => family.some((one) => one.act === act)
  const hasAddress = family.some((one) => one.parameter !== undefined)
  if (!has('create') && !(has('list') && hasAddress)) return undefined
  if (!has('list') && !hasAddress) return undefined
  const ids = idsOf(family)
  for (const act of tellers) {
    for (const one of family.filter((other) => other.act === act)) {
      const part = partOf(one, ids, schemas)
      const addressed = family.find(({ parameter }) => parameter !== undefined)
      if (part === undefined) continue
      const address = addressed && fullTemplate(addressed.model)
      return { name: one.segment, numbers: part.numbers, id: part.id, address }
    }
  }
  return undefined
}

function roleOf(one: Candidate, resource: Resource, schemas: Schemas): Role | undefined {
  const { act, reply } = one
  const media = reply.media[0]
  const part = partOf(one, [plainId(resource), ...idNames(one.parameter, one.segment)], schemas)
  // A list or a read without a visible resource shows nothing that was stored.
  if (part === undefined && (act === 'list' || act === 'read')) return undefined
  return { act, resource, reply, media: part && media, part }
}

const plainId = ({ id }: Resource): string => id.toLowerCase().replaceAll(/[^a-z\d]/g, '')
