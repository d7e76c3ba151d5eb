// What operations do to the resources of a contract: created things are there, changed ones are
// changed, deleted ones are gone. Whatever it answers follows the reply's schema; where that cannot
// be had, it says so and the reply is made from the schema alone.
import { accepts, cleared, merged, overlaid, ownFields } from './fields.ts'
import { given, newItem, times } from './new-item.ts'
import { pageOf, toldPage } from './pages.ts'
import type { MockModel, OperationModel, ReplyModel } from './read-replies.ts'
import { fullTemplate, type Resource, type Resources, type Role } from './resources.ts'
import { sample } from './sample.ts'
import { plainName, withPart } from './shapes.ts'
import { isObject } from './spots.ts'
import type { Fields, Store, Stored } from './store.ts'

export interface Asked {
  /** Index of the operation. */
  readonly operation: number
  /** Decoded path parameters, in the order of the template. */
  readonly parameters: ReadonlyMap<string, string>
  readonly query: URLSearchParams
  /** The body, where it could be read as data. */
  readonly body: unknown
}

/** `stateless`: answer it from the schema. */
export type Done =
  | { readonly at: 'stateless' }
  | { readonly at: 'unknown' }
  | {
      readonly at: 'done'
      readonly reply: ReplyModel
      /** Undefined where the reply has no body. */
      readonly value: unknown
      readonly location: string | undefined
    }

export interface CrudSetup extends MockModel {
  readonly resources: Resources
  readonly store: Store
  readonly seed: number
  readonly nowMs: () => number
}

const stateless: Done = { at: 'stateless' }
const unknown: Done = { at: 'unknown' }

export function act(setup: CrudSetup, asked: Asked): Done {
  const model = setup.operations[asked.operation]!
  if (isBelowUnknown(setup, model, asked)) return unknown
  const role = setup.resources.roles.get(asked.operation)
  if (role === undefined) return stateless
  const call: Call = { ...setup, model, role, asked, parents: parentsOf(role, asked) }
  if (role.act === 'create') return create(call)
  if (role.act === 'list') return list(call)
  const id = [...asked.parameters.values()].at(-1)!
  const stored = setup.store.get(role.resource, id)
  if (stored === undefined || !isOf(call, stored)) {
    return role.act === 'replace' && mayCreate(model) ? create(call, id) : unknown
  }
  if (role.act === 'read') return shown(call, stored)
  if (role.act === 'delete') {
    setup.store.delete(role.resource, id)
    return shown(call, stored)
  }
  return update(call, stored)
}

/** One call of an operation that has a part in a resource. */
export interface Call extends CrudSetup {
  readonly model: OperationModel
  readonly role: Role
  readonly asked: Asked
  readonly parents: ReadonlyMap<string, string>
}

const mayCreate = ({ replies }: OperationModel): boolean =>
  replies.some(({ status }) => status === '201')

/** Parameters of the collection: all but the one that names the item itself. */
function parentsOf({ act: what }: Role, { parameters }: Asked): ReadonlyMap<string, string> {
  const isItem = what !== 'create' && what !== 'list'
  return new Map(isItem ? [...parameters].slice(0, -1) : parameters)
}

/** Below something that is not there nothing is: `/channels/ch_none/messages`. */
function isBelowUnknown({ resources, store }: CrudSetup, model: OperationModel, asked: Asked) {
  const segments = fullTemplate(model).split('/')
  for (let end = 1; end < segments.length; end++) {
    const last = segments[end - 1]!
    if (!/^\{[^{}]+\}$/.test(last)) continue
    const template = segments
      .slice(0, end)
      .join('/')
      .replaceAll(/\{[^{}]+\}/g, '{}')
    const resource = resources.addresses.get(template)
    const value = asked.parameters.get(last.slice(1, -1))
    if (resource && value !== undefined && !store.get(resource, value)) return true
  }
  return false
}

/** In the collection that the path names: created there, or with a field that says so. */
function isOf({ parents, role }: Call, { parents: own, value }: Stored): boolean {
  return [...parents].every(([name, wanted]) => {
    if (own.has(name)) return own.get(name) === wanted
    const said = speakingOf(name, value, role.resource)
    return said.length === 0 || said.some((one) => [one].flat().map(String).includes(wanted))
  })
}

const people = /(?:member|owner|author|sender|user)s?(?:ids?)?$/

/** Fields called like the parameter; of a `userId` those in which people stand: `memberIds`. */
function speakingOf(parameter: string, value: Fields, { id }: Resource): unknown[] {
  const fields = Object.entries(value).filter(([name]) => name !== id)
  const same = fields.filter(([name]) => plainName(name) === plainName(parameter))
  const isPerson = same.length === 0 && people.test(plainName(parameter))
  const found = isPerson ? fields.filter(([name]) => people.test(plainName(name))) : same
  return found.map(([, one]) => one)
}

function create(call: Call, id?: string): Done {
  const { role, asked, store, parents } = call
  const made = newItem(call, id)
  if (made === undefined) return stateless
  const stored = store.put(role.resource, made, parents)
  const { reply } = role
  const created = call.model.replies.find(({ status }) => status === '201')
  const location = addressOf(role.resource, asked, made)
  const done = shown({ ...call, role: { ...role, reply: created ?? reply } }, stored)
  if (done.at === 'done') return { ...done, location }
  return done
}

function update(call: Call, stored: Stored): Done {
  const { role, asked, schemas, store, parents, model } = call
  const { numbers } = role.resource
  const isOwn = ownFields(schemas, model.body)
  let value = stored.value
  if (role.act === 'replace') {
    const names = Object.keys(value).filter((name) => !isOwn(name))
    for (const name of names) value = cleared(schemas, numbers, value, name)
    value = overlaid(schemas, numbers, value, given(asked))
  } else value = patched(call, value)
  value = overlaid(
    schemas,
    numbers,
    value,
    times(value, call.nowMs(), /updated|modified|changed|edited/),
  )
  const kept = { ...value, [role.resource.id]: stored.value[role.resource.id] }
  return shown(call, store.put(role.resource, kept, parents))
}

/** Merge patch, field by field: what does not fit stays as it was. */
function patched({ schemas, role, asked }: Call, before: Fields): Fields {
  const { numbers } = role.resource
  let value = before
  for (const [name, one] of given(asked)) {
    if (one === null) value = cleared(schemas, numbers, value, name)
    else value = overlaid(schemas, numbers, value, [[name, merged(value[name], one)]])
  }
  return value
}

/** The reply about one of them. */
function shown({ schemas, role, seed }: Call, { value }: Stored): Done {
  const { reply, part, media } = role
  const plain: Done = { at: 'done', reply, value: undefined, location: undefined }
  const number = reply.media[0]?.schema
  if (number === undefined || media === undefined || part === undefined) {
    return reply.media.length === 0 ? plain : stateless
  }
  const item = fitted(schemas, part.numbers, value, seed)
  if (part.path.length === 0) return item ? { ...plain, value: item } : stateless
  const around = sample(schemas, number, { seed, examples: true })
  if (item === undefined || 'problem' in around) return stateless
  const whole = withPart(around.value, part.path, item)
  return accepts(schemas, [number], whole) ? { ...plain, value: whole } : stateless
}

/** As this reply shows it: other operations may show more or less of it. */
function fitted(
  schemas: CrudSetup['schemas'],
  numbers: readonly number[],
  value: Fields,
  seed: number,
): Fields | undefined {
  if (accepts(schemas, numbers, value)) return value
  const base = sample(schemas, numbers[0]!, { seed, examples: true })
  if ('problem' in base || !isObject(base.value)) return undefined
  const found = overlaid(schemas, numbers, base.value, Object.entries(value))
  return accepts(schemas, numbers, found) ? found : undefined
}

function list(call: Call): Done {
  const { schemas, role, model, asked, store, seed } = call
  const { reply, part, media } = role
  const number = media?.schema
  if (number === undefined || part === undefined) return stateless
  const matching = store
    .all(role.resource)
    .filter((one) => isOf(call, one) && isAskedFor(one, model, asked))
  const page = pageOf(matching, queryOf(model, asked))
  const items = page.items.map(({ value }) => fitted(schemas, part.numbers, value, seed))
  const around = sample(schemas, number, { seed, examples: true })
  if ('problem' in around || items.includes(undefined)) return stateless
  const whole = withPart(around.value, part.path, items)
  if (!accepts(schemas, [number], whole)) return stateless
  const value = part.path.length === 0 ? whole : toldPage(schemas, number, whole, part.path, page)
  return { at: 'done', reply, value, location: undefined }
}

function queryOf({ query: declared }: OperationModel, { query }: Asked): Map<string, string> {
  const found = new Map<string, string>()
  for (const [name, usual] of declared) {
    const value = query.get(name) ?? (usual === undefined ? undefined : String(usual))
    if (value !== undefined) found.set(name, value)
  }
  return found
}

/** Declared parameters that are called like a field are filters: `?type=text`. */
function isAskedFor({ value }: Stored, { query: declared }: OperationModel, { query }: Asked) {
  return [...declared.keys()].every((name) => {
    const wanted = query.get(name)
    const field = Object.keys(value).find((one) => plainName(one) === plainName(name))
    if (wanted === null || field === undefined) return true
    return [value[field]].flat().map(String).includes(wanted)
  })
}

/** Where the one that was created can be read; undefined where it has no address. */
function addressOf(resource: Resource, { parameters }: Asked, value: Fields): string | undefined {
  if (resource.address === undefined) return undefined
  const segments = resource.address.split('/')
  const id = encodeURIComponent(String(value[resource.id]))
  const filled = segments.map((segment, at) => {
    const name = /^\{([^{}]+)\}$/.exec(segment)?.[1]
    if (name === undefined) return segment
    if (at === segments.length - 1) return id
    return encodeURIComponent(parameters.get(name) ?? String(value[name] ?? '-'))
  })
  return filled.join('/')
}
