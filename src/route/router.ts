// Finds the operation of a request. A path that equals a static template is found by one look-up;
// any other walks the tree of segments.
//
// The bound: a path visits each node of the tree at most once, and `routesProblem` refuses a table
// in which one path could visit more than `visitsBound` nodes. Real contracts need a few dozen.
import { assert, type Refusal, refuse } from '../base.ts'
import { formBits, formText, readPath } from './path.ts'
import type { Match, RoutePlan, Router } from './plan.ts'
import { routeFor, Search } from './search.ts'
import { type Node, type Route, Tree, visitsBound, visitsMax } from './tree.ts'

/** Why no router can be built of some routes, beyond conflicts and malformed templates. */
export function routesProblem(routes: readonly RoutePlan[]): string | undefined {
  const tree = new Tree()
  for (const route of routes) tree.add(route)
  const visits = visitsMax(tree.root)
  return visits <= visitsBound
    ? undefined
    : `templates overlap so much that finding one could take ${visits} steps; ${visitsBound} are allowed`
}

/** Builds the table. Routes must be free of conflicts and problems: `check` has seen to it. */
export function buildRouter(routes: readonly RoutePlan[]): Router {
  return new Table(routes.filter(({ method }) => !isNeverTaken(method)))
}

/** Methods that end at the gateway, whatever the contract says. */
const isNeverTaken = (method: string): boolean => method === 'TRACE' || method === 'CONNECT'

const noValues: readonly string[] = Object.freeze([])

class Table implements Router {
  readonly #search: Search
  /** Routes by their whole path, where the path has no parameters. */
  readonly #statics = new Map<string, readonly Route[]>()
  /** Lengths of those paths: where none has the length of a path, it need not be hashed. */
  readonly #staticLengths = new Set<number>()
  /** Forms that at least one route opts in to. */
  #forms = 0
  #literalLengthMax = 0
  readonly #allowAll: string

  constructor(routes: readonly RoutePlan[]) {
    const tree = new Tree()
    for (const route of routes) {
      assert(tree.add(route), `${route.method} ${route.template} has a place of its own`)
    }
    assert(visitsMax(tree.root) <= visitsBound, 'the steps to find a route are bounded')
    this.#collect(tree.root, '')
    this.#search = new Search(tree.root, this.#literalLengthMax)
    this.#allowAll = allowText(routes.map(({ method }) => method))
  }

  /** Fills what the tree gives rise to; `path` is undefined behind a parameter. */
  #collect(node: Node, path: string | undefined): void {
    for (const route of node.routes ?? []) this.#forms |= route.forms
    if (node.routes !== undefined && path !== undefined && isPlain(path)) {
      this.#statics.set(path, node.routes)
      this.#staticLengths.add(path.length)
    }
    for (const [literal, child] of node.literals()) {
      this.#literalLengthMax = Math.max(this.#literalLengthMax, literal.length)
      this.#collect(child, path === undefined ? undefined : `${path}/${literal}`)
    }
    for (const group of node.partials ?? []) {
      for (const { node: child } of [...group.byEnds.values()].flat()) {
        this.#collect(child, undefined)
      }
    }
    if (node.any !== undefined) this.#collect(node.any, undefined)
  }

  find(method: string, path: string): Match {
    const known = this.#staticLengths.has(path.length) ? this.#statics.get(path) : undefined
    const route = known === undefined ? undefined : routeFor(known, method)
    if (route !== undefined) return found(route, noValues)
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
    if (route === undefined && search.others.length === 0 && search.dropTrailingSlash()) {
      forms |= formBits.trailingSlash
      route = search.route(method)
    }
    if (route === undefined) return missed(method, forms, search.others)
    const closed = forms & ~route.forms
    if (closed !== 0) return refused(refuse('INVALID_PATH', formProblem(closed)))
    const values = search.values(path)
    const why = search.isPlain ? undefined : this.#styleProblem(route, path, values)
    return why === undefined ? found(route, values) : refused(refuse('INVALID_PATH', why))
  }

  /** `;` and a leading dot mean something of their own to many servers. */
  #styleProblem(route: Route, path: string, values: readonly string[]): string | undefined {
    for (const [at, value] of values.entries()) {
      if (value.includes(';') && (route.matrix & (1 << at)) === 0) {
        return 'The path holds a semicolon where the contract has none.'
      }
      const isLabel = (route.label & (1 << at)) !== 0
      if (value.startsWith('.') && !isLabel && this.#search.beginsSegment(path, at)) {
        return 'The path holds a segment that begins with a dot.'
      }
    }
    return undefined
  }
}

const isPlain = (path: string): boolean => {
  const read = readPath(path)
  return typeof read === 'object' && read.forms === 0 && read.text === path
}

const found = ({ operation, method }: Route, values: readonly string[]): Match => ({
  at: 'operation',
  operation,
  method,
  values,
})

const refused = (refusal: Refusal): Match => ({ at: 'refused', refusal })

const formProblem = (forms: number): string => `The path holds ${formText(forms)}.`

/** Where no route has this path and method; `others` have the path. */
function missed(method: string, forms: number, others: readonly Route[]): Match {
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

const usualOrder = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** What an `Allow` field says: each method once, the usual ones in their usual order. */
function allowText(methods: Iterable<string>): string {
  const all = new Set(methods).add('OPTIONS')
  if (all.has('GET')) all.add('HEAD')
  const usual = usualOrder.filter((method) => all.delete(method))
  return [...usual, ...[...all].sort()].join(', ')
}
