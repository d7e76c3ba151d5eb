// Which schemas mean in requests something else than in replies: those that reach a `readOnly` or
// a `writeOnly`. All others, nearly all of any contract, are compiled once for both ways.
//
// What is found is marked backwards along the references, so that each schema is walked once,
// whatever circles there are and whenever it is asked for.
import { isObject, type JsonObject, own, type Place, type Resources } from './resources.ts'
import type { Dialect } from './types.ts'

export class Directed {
  readonly #resources: Resources
  readonly #walked = new Set<JsonObject>()
  readonly #directed = new Set<JsonObject>()
  /** The schemas that hold or name a schema. */
  readonly #users = new Map<JsonObject, JsonObject[]>()

  constructor(resources: Resources) {
    this.#resources = resources
  }

  has(place: Place, dialect: Dialect): boolean {
    if (!isObject(place.value)) return false
    const waiting: Place[] = [place]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (!isObject(next.value) || this.#walked.has(next.value)) continue
      this.#walked.add(next.value)
      if (isFlagged(next.value)) this.#mark(next.value)
      for (const inner of this.#resources.reached(next, dialect)) {
        if (!isObject(inner.value)) continue
        this.#note(inner.value, next.value)
        waiting.push(inner)
      }
    }
    return this.#directed.has(place.value)
  }

  #note(schema: JsonObject, user: JsonObject): void {
    const users = this.#users.get(schema)
    if (users === undefined) this.#users.set(schema, [user])
    else users.push(user)
    if (this.#directed.has(schema)) this.#mark(user)
  }

  #mark(start: JsonObject): void {
    const waiting = [start]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#directed.has(next)) continue
      this.#directed.add(next)
      waiting.push(...(this.#users.get(next) ?? []))
    }
  }
}

/** Where `$dynamicRef` leads depends on the way to it: it may be to anything. */
const isFlagged = (schema: JsonObject): boolean =>
  own(schema, 'readOnly') === true ||
  own(schema, 'writeOnly') === true ||
  own(schema, '$dynamicRef') !== undefined
