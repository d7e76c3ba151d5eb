// Finds the operation of a request: its path walks the tree of segments, which lies in bytes.
//
// The bound: a path visits each node of the tree at most once, and `routesProblem` refuses a table
// in which one path could visit more than `visitsBound` nodes. Real contracts need a few dozen.
import { assert, type Refusal, refuse } from '../base.ts'
import { detached } from '../http.ts'
import { formBits, formText, readPath } from './path.ts'
import type { Match, RoutePlan, Router } from './plan.ts'
import { Search } from './search.ts'
import { head, routeField, type TableTexts, TableWriter } from './table.ts'
import { Tree, visitsBound, visitsMax } from './tree.ts'

/** Why no router can be built of some routes, beyond conflicts and malformed templates. */
export function routesProblem(routes: readonly RoutePlan[]): string | undefined {
  const tree = new Tree()
  for (const route of routes) tree.add(route)
  const visits = visitsMax(tree.root)
  return visits <= visitsBound
    ? undefined
    : `templates overlap so much that finding one could take ${visits} steps; ${visitsBound} are allowed`
}

/**
 * The table of some routes, as bytes that any thread can look up in. Routes must be free of
 * conflicts and problems: `check` has seen to it.
 */
export function buildTable(routes: readonly RoutePlan[]): Uint8Array {
  const taken = routes.filter(({ method }) => !isNeverTaken(method))
  const tree = new Tree()
  for (const route of taken) {
    assert(tree.add(route), `${route.method} ${route.template} has a place of its own`)
  }
  assert(visitsMax(tree.root) <= visitsBound, 'the steps to find a route are bounded')
  return new TableWriter().write(tree.root, allowText(taken.map(({ method }) => method)))
}

/** Looks up where the bytes lie, which must be aligned to words: nothing is copied. */
export function openRouter(table: Uint8Array): Router {
  return new Table(new Int32Array(table.buffer, table.byteOffset, table.byteLength / 4))
}

export function buildRouter(routes: readonly RoutePlan[]): Router {
  return openRouter(buildTable(routes))
}

/** Methods that end at the gateway, whatever the contract says. */
const isNeverTaken = (method: string): boolean => method === 'TRACE' || method === 'CONNECT'

const noValues: readonly string[] = Object.freeze([])

/** Static paths that a thread remembers; where there are more, it walks to each. */
const staticsMax = 1_000

class Table implements Router {
  readonly #words: Int32Array
  readonly #search: Search
  // Static paths that were asked for, with the place of their routes: the runtime hashes a whole
  // path in half the time of a walk (80 ns against 160).
  readonly #statics = new Map<string, number>()
  /** Lengths of those paths: where none has the length of a path, it need not be hashed. */
  readonly #staticLengths = new Set<number>()
  readonly #methods: readonly string[]
  /** Forms that at least one route opts in to. */
  readonly #forms: number
  readonly #allowAll: string

  constructor(words: Int32Array) {
    const { methods, allowAll } = readTexts(words)
    this.#words = words
    this.#search = new Search(words, methods)
    this.#methods = methods
    this.#forms = words[head.forms]!
    this.#allowAll = allowAll
  }

  find(method: string, path: string): Match {
    const routes = this.#staticLengths.has(path.length) ? this.#statics.get(path) : undefined
    const known = routes === undefined ? 0 : this.#search.routeFor(routes, method)
    if (known !== 0) return this.#found(known, noValues)
    return this.#search.readPlain(path)
      ? this.#findRead(method, path, 0)
      : this.#findCarefully(method, path)
  }

  #findCarefully(method: string, path: string): Match {
    if (path === '*' && method === 'OPTIONS') return { at: 'options', allow: this.#allowAll }
    const read = readPath(path)
    if (typeof read === 'string') return refused(invalid(method, read))
    const closed = read.forms & ~this.#forms
    if (closed !== 0) return refused(invalid(method, formProblem(closed)))
    this.#search.take(read.text)
    return this.#findRead(method, path, read.forms)
  }

  /** Walks with the path that the search has read. */
  #findRead(method: string, path: string, formsRead: number): Match {
    const search = this.#search
    let forms = formsRead
    let route = search.route(method)
    if (route === 0 && search.others.length === 0 && search.dropTrailingSlash()) {
      forms |= formBits.trailingSlash
      route = search.route(method)
    }
    if (route === 0) return this.#missed(method, forms)
    const closed = forms & ~this.#words[route + routeField.forms]!
    if (closed !== 0) return refused(refuse('INVALID_PATH', formProblem(closed)))
    const values = search.values(path)
    const why = search.isPlain ? undefined : this.#styleProblem(route, path, values)
    if (why !== undefined) return refused(refuse('INVALID_PATH', why))
    if (values.length === 0 && search.isPlain && forms === 0) this.#remember(path)
    return this.#found(route, values)
  }

  /** Of a path that the walk has just found, and that holds no parameter. */
  #remember(path: string): void {
    if (this.#statics.size < staticsMax) {
      this.#statics.set(detached(path), this.#search.routes)
      this.#staticLengths.add(path.length)
    } else this.#staticLengths.clear()
  }

  #found(route: number, values: readonly string[]): Match {
    const words = this.#words
    const method = this.#methods[words[route + routeField.method]!]!
    return { at: 'operation', operation: words[route + routeField.operation]!, method, values }
  }

  #missed(method: string, forms: number): Match {
    const others = this.#search.others.map((route) => this.#brief(route))
    return missed(method, forms, others)
  }

  #brief(route: number): BriefRoute {
    const method = this.#methods[this.#words[route + routeField.method]!]!
    return { method, forms: this.#words[route + routeField.forms]! }
  }

  /** `;` and a leading dot mean something of their own to many servers. */
  #styleProblem(route: number, path: string, values: readonly string[]): string | undefined {
    const matrix = this.#words[route + routeField.matrix]!
    const label = this.#words[route + routeField.label]!
    for (const [at, value] of values.entries()) {
      if (value.includes(';') && (matrix & (1 << at)) === 0) {
        return 'The path holds a semicolon where the contract has none.'
      }
      const isLabel = (label & (1 << at)) !== 0
      if (value.startsWith('.') && !isLabel && this.#search.beginsSegment(path, at)) {
        return 'The path holds a segment that begins with a dot.'
      }
    }
    return undefined
  }
}

function readTexts(words: Int32Array): TableTexts {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
  const from = words[head.texts]! * 4
  const text = new TextDecoder().decode(bytes.slice(from, from + words[head.textBytes]!))
  return JSON.parse(text) as TableTexts
}

interface BriefRoute {
  readonly method: string
  readonly forms: number
}

const refused = (refusal: Refusal): Match => ({ at: 'refused', refusal })

const formProblem = (forms: number): string => `The path holds ${formText(forms)}.`

/** Where no route has this path and method; `others` have the path. */
function missed(method: string, forms: number, others: readonly BriefRoute[]): Match {
  const open = others.filter((route) => (forms & ~route.forms) === 0)
  if (open.length > 0) {
    const allow = allowText(open.map((route) => route.method))
    return method === 'OPTIONS' ? { at: 'options', allow } : refused(notAllowed(allow))
  }
  const isAmbiguous = others.length > 0 || (forms & ~formBits.trailingSlash) !== 0
  if (isAmbiguous) return refused(invalid(method, formProblem(forms)))
  return refused(isNeverTaken(method) ? notAllowed('') : refuse('NOT_FOUND'))
}

const invalid = (method: string, why: string): Refusal =>
  isNeverTaken(method) ? notAllowed('') : refuse('INVALID_PATH', why)

const notAllowed = (allow: string): Refusal =>
  refuse('METHOD_NOT_ALLOWED', undefined, { headers: ['Allow', allow] })

const usualOrder = ['GET', 'HEAD', 'QUERY', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** What an `Allow` field says: each method once, the usual ones in their usual order. */
function allowText(methods: Iterable<string>): string {
  const all = new Set(methods).add('OPTIONS')
  if (all.has('GET')) all.add('HEAD')
  const usual = usualOrder.filter((method) => all.delete(method))
  return [...usual, ...[...all].sort()].join(', ')
}
