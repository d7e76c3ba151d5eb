// Schemas in, plan out. Every schema that is reached becomes one node, numbered when it is first
// named and read later from a queue, so cycles are natural and no contract is too deep.
//
// `$dynamicRef` is settled here and costs nothing at run time: a node is a schema under the dynamic
// anchors in force around it, so one schema under two sets of anchors is two nodes. Nearly no
// contract has any, and then there is one set, the empty one.
import { nearestWord, pointerToken } from '../base.ts'
import { Directed } from './directed.ts'
import { discriminatorOf } from './discriminator.ts'
import { type Draft, type Reading, readersOf } from './keywords.ts'
import { flagOf, isMereCondition, nothingWaived, OneWay, type Waived } from './one-way.ts'
import type { PlanNode } from './plan.ts'
import { deduplicated, endlessLoops, tidied } from './tidy.ts'
import { keywordsOf, vocabularies } from './vocabulary.ts'
import {
  isObject,
  type JsonObject,
  own,
  type Place,
  type Resource,
  Resources,
} from './resources.ts'
import type {
  CompiledSchemas,
  Dialect,
  Direction,
  SchemaAddress,
  SchemaCompiler,
  SchemaCompilerOptions,
  SchemaProblem,
} from './types.ts'

/** Dynamic anchors in force, outermost first: name → place. */
interface Scope {
  readonly key: string
  readonly anchors: ReadonlyMap<string, Place>
}

/** What a schema takes over from where it is reached from. */
interface Around {
  readonly scope: Scope
  readonly dialect: Dialect
  readonly direction: Direction | undefined
  /** What another schema on the same value has declared to go the other way alone. */
  readonly waived: Waived
}

/** A numbered schema that waits to be read. */
interface Waiting extends Around {
  readonly number: number
  readonly place: Place
}

/** A contract with more unknown keywords than this misspells none of them. */
const suggestionsMax = 100

/** Known without being loaded: they leave no vocabulary out. */
const knownMetaschema =
  /^https:\/\/(?:json-schema\.org\/draft\/2020-12\/schema|spec\.openapis\.org\/oas\/3\.[12]\/dialect\/[\w-]+)$/

const noScope: Scope = { key: '', anchors: new Map() }
const none: ReadonlySet<string> = new Set()
const plain = ['$ref'] as const
const both = ['$ref', '$dynamicRef'] as const

export function createSchemaCompiler(options: SchemaCompilerOptions): SchemaCompiler {
  return new Compiler(options)
}

class Compiler implements SchemaCompiler {
  readonly #resources: Resources
  readonly #directed: Directed
  readonly #oneWay: OneWay
  readonly #formats: 'assert' | 'annotate' | undefined
  readonly #seen: SchemaCompilerOptions['seen']
  /** By surroundings, then by the schema itself: half a million pointers are dear as keys. */
  readonly #numbers = new Map<string, Map<unknown, number>>()
  readonly #waiting: Waiting[] = []
  readonly #nodes: PlanNode[] = []
  readonly #places: (Place | undefined)[] = []
  readonly #problems: SchemaProblem[] = []
  readonly #said = new Set<string>()
  readonly #ignored = new Map<Resource, ReadonlySet<string>>()

  constructor(options: SchemaCompilerOptions) {
    this.#resources = new Resources(options.documents)
    this.#directed = new Directed(this.#resources)
    this.#oneWay = new OneWay(this.#resources, (place) => {
      const message =
        'schemas include each other so often that each counts alone for what is readOnly or writeOnly'
      this.#report('warning', place, message)
    })
    this.#formats = options.formats
    this.#seen = options.seen
  }

  add(address: SchemaAddress, dialect: Dialect, direction?: Direction): number {
    const place = this.#resources.at(address.uri, address.pointer, dialect)
    if (place !== undefined) {
      return this.#number(place, { scope: noScope, dialect, direction, waived: nothingWaived })
    }
    this.#problems.push({ ...address, severity: 'error', message: 'there is no schema here' })
    return this.#reserve(undefined)
  }

  finish(): CompiledSchemas {
    // The list grows while it is read.
    for (const one of this.#waiting) this.#nodes[one.number] = this.#read(one)
    this.#waiting.length = 0
    for (const loop of endlessLoops(this.#nodes)) this.#reportLoop(loop)
    return { plan: { nodes: deduplicated(this.#nodes) }, problems: [...this.#problems] }
  }

  #reserve(place: Place | undefined): number {
    this.#places.push(place)
    return this.#nodes.push(true) - 1
  }

  #number(place: Place, around: Around): number {
    const scope = entered(around.scope, place.resource)
    const { dialect, waived } = around
    const isDirected = around.direction !== undefined && this.#isDirected(place, around)
    const direction = isDirected ? around.direction : undefined
    const key = `${place.resource.uri} ${dialect} ${direction ?? ''} ${waived.key} ${scope.key}`
    const numbers = this.#numbers.get(key) ?? new Map<unknown, number>()
    const known = numbers.get(place.value)
    if (known !== undefined) return known
    const number = this.#reserve(place)
    numbers.set(place.value, number)
    this.#numbers.set(key, numbers)
    this.#waiting.push({ number, place, scope, dialect, direction, waived })
    return number
  }

  /** What was waived depends on the direction too. */
  #isDirected(place: Place, { dialect, waived }: Around): boolean {
    return waived !== nothingWaived || this.#directed.has(place, dialect)
  }

  #read(one: Waiting): PlanNode {
    const schema = one.place.value
    if (typeof schema === 'boolean') return schema
    if (isObject(schema)) return this.#readObject(one, schema)
    this.#report('error', one.place, 'a schema must be an object, true or false')
    return true
  }

  #readObject(one: Waiting, schema: JsonObject): PlanNode {
    this.#seen?.(one.number, schema)
    const old = one.dialect === 'openapi-3.0' || one.dialect === 'draft-4'
    const rules: Draft = {}
    const waived = this.#waivedIn(one)
    const references = this.#references(one, schema, waived)
    if (references.length > 0) rules.all = references
    if (old && references.length > 0) return references[0] ?? true
    const readers = readersOf[one.dialect]
    const ignored = this.#ignoredIn(one)
    const reading = this.#reading(one, schema, waived)
    for (const keyword of Object.keys(schema)) {
      if (ignored.has(keyword)) continue
      const reader = readers.get(keyword)
      if (reader !== undefined) reader(rules, schema[keyword], reading, keyword)
      else this.#noteUnknown(one, keyword)
    }
    const discriminator = discriminatorOf(one.place, one.dialect, this.#resources, (message) =>
      reading.problem('warning', 'discriminator', message),
    )
    if (discriminator !== undefined) rules.discriminator = discriminator
    this.#keepBack(rules, one)
    return tidied(rules)
  }

  #waivedIn({ place, dialect, direction, waived }: Waiting): ReadonlySet<string> {
    return direction === undefined ? none : this.#oneWay.waivedIn(place, dialect, direction, waived)
  }

  /** Names the properties that must not be there in the direction that is read. */
  #keepBack(rules: Draft, { place, dialect, direction }: Waiting): void {
    if (direction === undefined || rules.properties === undefined) return
    const names = this.#oneWay.declared(place, dialect, direction)
    if (names.length > 0) rules[flagOf(direction)] = names
  }

  /** A schema that looks at the same value. */
  #included(place: Place, one: Waiting, names: ReadonlySet<string>): number {
    const { dialect, direction } = one
    if (direction === undefined) return this.#number(place, one)
    const waived = this.#oneWay.handedTo(place, dialect, direction, names)
    return this.#number(place, { ...one, waived })
  }

  #references(one: Waiting, schema: JsonObject, waived: ReadonlySet<string>): number[] {
    const found: number[] = []
    for (const keyword of one.dialect === '2020-12' || one.dialect === 'openapi-3.1'
      ? both
      : plain) {
      const reference = own(schema, keyword)
      if (reference === undefined) continue
      const target =
        typeof reference === 'string' ? this.#target(one, keyword, reference) : undefined
      if (target !== undefined) found.push(this.#included(target, one, waived))
      else
        this.#report(
          'error',
          one.place,
          `'${keyword}' leads nowhere: ${String(reference)}`,
          keyword,
        )
    }
    return found
  }

  #target(one: Waiting, keyword: string, reference: string): Place | undefined {
    const target = this.#resources.resolve(one.place.resource, reference, one.dialect)
    if (target === undefined || keyword !== '$dynamicRef') return target
    const name = reference.slice(reference.indexOf('#') + 1)
    if (target.resource.dynamicAnchors.get(name)?.value !== target.value) return target
    return one.scope.anchors.get(name) ?? target
  }

  #reading(one: Waiting, schema: JsonObject, waived: ReadonlySet<string>): Reading {
    const { dialect, place } = one
    const inside = (value: unknown, path: string) => this.#resources.inside(place, path, value)
    const apart = { ...one, waived: nothingWaived }
    const asked = { ...apart, direction: undefined }
    const asserts = this.#formats ?? (dialect.startsWith('openapi') ? 'assert' : 'annotate')
    const report = (severity: SchemaProblem['severity'], keyword: string, message: string) =>
      this.#report(severity, place, message, keyword)
    return {
      schema,
      dialect,
      formatsAssert: asserts === 'assert',
      inner: (value, path) => this.#number(inside(value, path), apart),
      same: (value, path) => this.#included(inside(value, path), one, waived),
      branch: (value, path) =>
        this.#included(inside(value, path), one, isMereCondition(value) ? none : waived),
      condition: (value, path) => this.#number(inside(value, path), asked),
      problem: report,
      once: (severity, keyword, message) => {
        if (!this.#said.has(message)) report(severity, keyword, message)
        this.#said.add(message)
      },
      waived: (name) => waived.has(name),
    }
  }

  #noteUnknown(one: Waiting, keyword: string): void {
    if (!one.dialect.startsWith('openapi') || keyword.startsWith('x-')) return
    const known = keywordsOf[one.dialect]
    if (known.has(keyword) || this.#said.has(keyword)) return
    this.#said.add(keyword)
    const meant = this.#said.size > suggestionsMax ? undefined : nearestWord(keyword, known)
    const hint = meant === undefined ? '' : ` (did you mean '${meant}'?)`
    const message = `'${keyword}' is no keyword of this dialect and checks nothing${hint}`
    this.#report('note', one.place, message, keyword)
  }

  /** Keywords whose vocabulary the metaschema of the resource leaves out. */
  #ignoredIn(one: Waiting): ReadonlySet<string> {
    const { resource } = one.place
    if (one.dialect !== '2020-12' && one.dialect !== 'openapi-3.1') return none
    let ignored = this.#ignored.get(resource)
    if (ignored === undefined) {
      ignored = this.#ignoredBy(resource, one.dialect)
      this.#ignored.set(resource, ignored)
    }
    return ignored
  }

  #ignoredBy(resource: Resource, dialect: Dialect): ReadonlySet<string> {
    const { value } = resource.root
    const named = isObject(value) ? own(value, '$schema') : undefined
    if (typeof named !== 'string') {
      return resource.parent === undefined ? none : this.#ignoredBy(resource.parent, dialect)
    }
    const metaschema = this.#resources.resolve(resource, named, dialect)?.value
    if (metaschema === undefined && !knownMetaschema.test(named)) {
      const message = `the metaschema ${named} is not known here: read as JSON Schema 2020-12`
      this.#report('warning', resource.root, message, '$schema')
    }
    const uses = isObject(metaschema) ? own(metaschema, '$vocabulary') : undefined
    if (!isObject(uses)) return none
    const left = vocabularies.filter(([uri]) => own(uses, uri) === undefined)
    return new Set(left.flatMap(([, keywords]) => keywords))
  }

  #reportLoop(number: number): void {
    const place = this.#places[number]
    if (place !== undefined)
      this.#report('error', place, 'the schema leads back to itself without end')
    this.#nodes[number] = true
  }

  #report(
    severity: SchemaProblem['severity'],
    place: Place,
    message: string,
    keyword?: string,
  ): void {
    const pointer =
      keyword === undefined ? place.pointer : `${place.pointer}/${pointerToken(keyword)}`
    this.#problems.push({ severity, uri: place.uri, pointer, message })
  }
}

/** Entering a resource adds its dynamic anchors, but those further out stay in force. */
function entered(scope: Scope, resource: Resource): Scope {
  let anchors: Map<string, Place> | undefined
  for (const [name, place] of resource.dynamicAnchors) {
    if (scope.anchors.has(name)) continue
    anchors ??= new Map(scope.anchors)
    anchors.set(name, place)
  }
  if (anchors === undefined) return scope
  const places = [...anchors].map(([name, place]) => `${name}=${place.uri}#${place.pointer}`)
  return { key: places.toSorted().join(' '), anchors }
}
