// Where schemas live: every document, and every part of one that names itself with `$id`, is a
// resource with a base URI and anchors. References are resolved here, to a value and its place.
//
// Identifiers count only in schemas, never inside `enum` or an unknown keyword; so the index walks
// keywords that hold schemas, from the root of a plain schema document, from `components.schemas`
// of an OpenAPI document, and from every other place that is asked for.
import { pointerToken, selfOf, targetsOf } from '../base.ts'
import type { Dialect } from './types.ts'
import { schemaMaps, schemaLists, schemaSlots } from './vocabulary.ts'

export interface Resource {
  /** Absolute, without a fragment: what references inside resolve against. */
  readonly uri: string
  readonly root: Place
  /** The one around it in the same document. */
  readonly parent: Resource | undefined
  readonly anchors: Map<string, Place>
  readonly dynamicAnchors: Map<string, Place>
}

/** A schema, wherever it was reached from. */
export interface Place {
  readonly value: unknown
  /** Key of the document. */
  readonly uri: string
  readonly pointer: string
  readonly resource: Resource
}

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Own properties only: a contract may well ask for `constructor`. */
export const own = (value: JsonObject, key: string): unknown =>
  Object.hasOwn(value, key) ? value[key] : undefined

export class Resources {
  readonly #documents = new Map<string, { uri: string; value: unknown }>()
  /** What documents call themselves (`$self`), and which is called so. */
  readonly #selves = new Map<string, string>()
  readonly #keys = new Map<string, string>()
  readonly #byUri = new Map<string, Resource>()
  /** Which resource a schema object starts; others belong to the one around them. */
  readonly #starts = new Map<JsonObject, Resource>()
  readonly #indexed = new Set<JsonObject>()
  readonly #resolved = new Map<Resource, Map<string, Place>>()

  constructor(documents: ReadonlyMap<string, unknown>) {
    for (const [uri, value] of documents) {
      const key = absolute(uri)
      this.#documents.set(key, { uri, value })
      const self = selfOf(value, key)
      if (self === undefined) continue
      this.#selves.set(key, self)
      this.#keys.set(self, key)
    }
  }

  /** The schema at an address, or undefined where there is no such document or value. */
  at(uri: string, pointer: string, dialect: Dialect): Place | undefined {
    const resource = this.#resource(absolute(uri), dialect)
    return resource && this.#descend(resource, pointer, dialect)
  }

  /** Follows a reference made inside `from`; the same ones are asked for again and again. */
  resolve(from: Resource, reference: string, dialect: Dialect): Place | undefined {
    let known = this.#resolved.get(from)
    if (known === undefined) this.#resolved.set(from, (known = new Map()))
    const before = known.get(reference)
    if (before !== undefined) return before
    const place = this.#follow(from, reference, dialect)
    if (place !== undefined) known.set(reference, place)
    return place
  }

  #follow(from: Resource, reference: string, dialect: Dialect): Place | undefined {
    const hash = reference.indexOf('#')
    const address = hash < 0 ? reference : reference.slice(0, hash)
    const fragment = decoded(hash < 0 ? '' : reference.slice(hash + 1))
    if (fragment === undefined) return undefined
    const target = address === '' ? from : this.#addressed(address, from, dialect)
    if (target === undefined) return undefined
    if (fragment === '') return target.root
    if (!fragment.startsWith('/')) return target.anchors.get(fragment)
    return this.#descend(target, fragment, dialect)
  }

  #addressed(address: string, from: Resource, dialect: Dialect): Resource | undefined {
    const self = this.#selves.get(from.uri)
    if (self === undefined) return this.#resource(absolute(address, from.uri), dialect)
    for (const target of targetsOf(address, from.uri, self)) {
      const found = this.#resource(target, dialect)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The resource a place is the start of, if any: entering it extends the dynamic scope. */
  startedAt(place: Place): Resource | undefined {
    return isObject(place.value) ? this.#starts.get(place.value) : undefined
  }

  #resource(given: string, dialect: Dialect): Resource | undefined {
    const uri = this.#keys.get(given) ?? given
    const known = this.#byUri.get(uri)
    if (known !== undefined) return this.startedAt(known.root) ?? known
    const document = this.#documents.get(uri)
    if (document === undefined) return undefined
    const resource = this.#start(uri, { value: document.value, uri: document.uri, pointer: '' })
    this.#indexDocument(resource, dialect)
    return this.startedAt(resource.root) ?? resource
  }

  #start(uri: string, at: Omit<Place, 'resource'>, parent?: Resource): Resource {
    const resource = new Start(uri, at, parent)
    this.#byUri.set(uri, resource)
    if (isObject(at.value)) this.#starts.set(at.value, resource)
    return resource
  }

  #indexDocument(resource: Resource, dialect: Dialect): void {
    const value = resource.root.value
    if (!isObject(value)) return
    if (typeof own(value, 'openapi') !== 'string') return this.#index(resource.root, dialect)
    const components = own(value, 'components')
    const schemas = isObject(components) ? own(components, 'schemas') : undefined
    if (!isObject(schemas)) return
    for (const name of Object.keys(schemas)) {
      const pointer = `/components/schemas/${pointerToken(name)}`
      this.#index({ ...resource.root, value: schemas[name], pointer }, dialect)
    }
  }

  /** Walks a schema and those inside it, noting what names itself. */
  #index(start: Place, dialect: Dialect): void {
    if (dialect === 'openapi-3.0') return // Nothing names itself there.
    const waiting = [start]
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if (!isObject(place.value) || this.#indexed.has(place.value)) continue
      this.#indexed.add(place.value)
      const here = this.#named(place, place.value, dialect)
      for (const inner of subschemas(here, place.value)) waiting.push(inner)
    }
  }

  #named(place: Place, schema: JsonObject, dialect: Dialect): Place {
    // In draft 4 `$ref` hides what stands beside it.
    const old = dialect === 'draft-4'
    if (old && typeof own(schema, '$ref') === 'string') return place
    let here = place
    const id = own(schema, old ? 'id' : '$id')
    if (typeof id === 'string') {
      if (old && id.startsWith('#')) here.resource.anchors.set(id.slice(1), here)
      else here = this.#renamed(place, absolute(id, this.#baseOf(place.resource)))
    }
    if (old) return here
    const anchor = own(schema, '$anchor')
    if (typeof anchor === 'string') here.resource.anchors.set(anchor, here)
    const dynamic = own(schema, '$dynamicAnchor')
    if (typeof dynamic === 'string') {
      here.resource.anchors.set(dynamic, here)
      here.resource.dynamicAnchors.set(dynamic, here)
    }
    return here
  }

  #baseOf({ uri }: Resource): string {
    return this.#selves.get(uri) ?? uri
  }

  #renamed(place: Place, named: string): Place {
    const uri = named.endsWith('#') ? named.slice(0, -1) : named
    const known = this.#byUri.get(uri)
    if (known !== undefined && known.root.value === place.value) return known.root
    return this.#start(uri, place, place.resource).root
  }

  #descend(resource: Resource, pointer: string, dialect: Dialect): Place | undefined {
    let here = resource.root
    for (const raw of pointer === '' ? [] : pointer.slice(1).split('/')) {
      const value = child(here.value, raw.replaceAll('~1', '/').replaceAll('~0', '~'))
      if (value === undefined) return undefined
      here = this.inside(here, raw, value)
    }
    this.#index(here, dialect)
    return this.#entered(here)
  }

  /** Every schema directly inside another, and those that it refers to. */
  *reached(place: Place, dialect: Dialect): Generator<Place> {
    if (!isObject(place.value)) return
    for (const keyword of ['$ref', '$dynamicRef']) {
      const reference = own(place.value, keyword)
      if (typeof reference !== 'string') continue
      const target = this.resolve(place.resource, reference, dialect)
      if (target !== undefined) yield target
    }
    for (const inner of subschemas(place, place.value)) yield this.#entered(inner)
  }

  /** A part of a place; `path` is escaped. */
  inside(outer: Place, path: string, value: unknown): Place {
    const { uri, resource } = outer
    return this.#entered({ value, uri, pointer: `${outer.pointer}/${path}`, resource })
  }

  /** Passing the start of a resource changes what references resolve against. */
  #entered(place: Place): Place {
    return this.startedAt(place)?.root ?? place
  }
}

class Start implements Resource {
  readonly uri: string
  readonly root: Place
  readonly parent: Resource | undefined
  readonly anchors = new Map<string, Place>()
  readonly dynamicAnchors = new Map<string, Place>()

  constructor(uri: string, at: Omit<Place, 'resource'>, parent: Resource | undefined) {
    this.uri = uri
    this.root = { value: at.value, uri: at.uri, pointer: at.pointer, resource: this }
    this.parent = parent
  }
}

/** Every schema directly inside another, in the resource of the outer one. */
function* subschemas(place: Place, schema: JsonObject): Generator<Place> {
  const inside = (value: unknown, path: string): Place => ({
    value,
    uri: place.uri,
    pointer: `${place.pointer}/${path}`,
    resource: place.resource,
  })
  for (const [keyword, value] of Object.entries(schema)) {
    if (schemaSlots.has(keyword) && isObject(value)) yield inside(value, keyword)
    if (schemaLists.has(keyword) && Array.isArray(value)) {
      for (const [at, one] of value.entries()) yield inside(one, `${keyword}/${at}`)
    }
    if (schemaMaps.has(keyword) && isObject(value)) {
      for (const name of Object.keys(value)) {
        yield inside(value[name], `${keyword}/${pointerToken(name)}`)
      }
    }
  }
}

function child(value: unknown, token: string): unknown {
  if (Array.isArray(value))
    return /^(0|[1-9][0-9]*)$/.test(token) ? value[Number(token)] : undefined
  return isObject(value) ? own(value, token) : undefined
}

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return undefined
  }
}

/** Without a fragment. What cannot be resolved stays as it is, and is then not found. */
function absolute(reference: string, base?: string): string {
  const plain = reference.split('#', 1)[0] ?? ''
  return URL.parse(plain, base)?.href ?? plain
}
