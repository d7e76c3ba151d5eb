// One walk through the tree of segments, most specific branch first, falling back where a branch
// ends dead. Keeps its notes between walks, so that a walk allocates next to nothing.
import { characterKinds, kindDot, kindPlain, kindSlash, placesInPath } from './path.ts'
import type { Node, Partial, Route } from './tree.ts'

// A template has at most 64 segments and 30 parameters, so that no walk looks beyond these.
// Writes beyond them, for paths with more segments, fall on deaf ears: that is how typed arrays are.
const segmentsMax = 66
const valuesMax = 32

const slash = 0x2f

export class Search {
  readonly #root: Node
  /** No literal of the tree is longer: a longer segment is not worth hashing. */
  readonly #literalLengthMax: number
  #text = ''
  #method = ''
  /** Segments of the text. */
  #count = 0
  readonly #starts = new Int32Array(segmentsMax)
  readonly #ends = new Int32Array(segmentsMax)
  /** Start and end of each captured value, in turn. */
  readonly #places = new Int32Array(2 * valuesMax)
  #captured = 0
  #others: Route[] = []
  #isPlain = true

  constructor(root: Node, literalLengthMax: number) {
    this.#root = root
    this.#literalLengthMax = literalLengthMax
  }

  /** Routes of templates that match the path, but with other methods: known after a vain walk. */
  get others(): readonly Route[] {
    return this.#others
  }

  /** Whether the path was read by `readPlain`. */
  get isPlain(): boolean {
    return this.#isPlain
  }

  /** Reads a path that needs no closer look; false where `%`, `;`, `//`, `/.` or worse is in it. */
  readPlain(path: string): boolean {
    if (path.charCodeAt(0) !== slash) return false
    let count = 0
    let start = 1
    for (let at = 1; at < path.length; at++) {
      const kind = characterKinds[path.charCodeAt(at)]
      if (kind === kindPlain) continue
      if (kind === kindSlash && at > start) {
        this.#starts[count] = start
        this.#ends[count++] = at
        start = at + 1
      } else if (kind !== kindDot || at === start) return false
    }
    this.#starts[count] = start
    this.#ends[count] = path.length
    this.#count = count + 1
    this.#text = path
    this.#isPlain = true
    return true
  }

  /** Takes a text that `readPath` made. */
  take(text: string): void {
    let count = 0
    let start = 1
    for (;;) {
      const end = text.indexOf('/', start)
      this.#starts[count] = start
      this.#ends[count++] = end < 0 ? text.length : end
      if (end < 0) break
      start = end + 1
    }
    this.#count = count
    this.#text = text
    this.#isPlain = false
  }

  /** Takes a slash off the end of the text; false where there is none. */
  dropTrailingSlash(): boolean {
    if (this.#count < 2 || this.#text.charCodeAt(this.#text.length - 1) !== slash) return false
    this.#count--
    return true
  }

  /** The most specific route with this method whose template matches the text. */
  route(method: string): Route | undefined {
    this.#method = method
    this.#captured = 0
    if (this.#others.length > 0) this.#others = []
    return this.#walk(this.#root, 0)
  }

  /** What the walk captured, out of the path that the text was read from. */
  values(path: string): string[] {
    if (path !== this.#text) placesInPath(path, this.#places, 2 * this.#captured)
    const values: string[] = []
    for (let i = 0; i < this.#captured; i++) {
      values.push(path.slice(this.#places[2 * i]!, this.#places[2 * i + 1]!))
    }
    return values
  }

  /** Whether the value at a place begins a segment: known after `values`. */
  beginsSegment(path: string, value: number): boolean {
    return path.charCodeAt(this.#places[2 * value]! - 1) === slash
  }

  #walk(node: Node, at: number): Route | undefined {
    if (at === this.#count) return node.routes === undefined ? undefined : this.#choose(node.routes)
    const start = this.#starts[at]!
    const end = this.#ends[at]!
    if (end - start <= this.#literalLengthMax) {
      const child = node.literal(this.#text, start, end)
      const route = child === undefined ? undefined : this.#walk(child, at + 1)
      if (route !== undefined) return route
    }
    if (start === end) return undefined // a parameter is never empty
    if (node.partials !== undefined) {
      const route = this.#walkPartials(node, at)
      if (route !== undefined) return route
    }
    return node.any === undefined ? undefined : this.#walkAny(node.any, at)
  }

  #walkAny(node: Node, at: number): Route | undefined {
    const place = 2 * this.#captured++
    this.#places[place] = this.#starts[at]!
    this.#places[place + 1] = this.#ends[at]!
    const route = this.#walk(node, at + 1)
    if (route === undefined) this.#captured--
    return route
  }

  #walkPartials(node: Node, at: number): Route | undefined {
    const start = this.#starts[at]!
    const end = this.#ends[at]!
    for (const { prefixLength, suffixLength, byEnds } of node.partials!) {
      const from = start + prefixLength
      const to = end - suffixLength
      if (to <= from) continue
      const suffix = this.#text.slice(to, end)
      const alike = byEnds.get(from === start ? suffix : this.#text.slice(start, from) + suffix)
      if (alike === undefined) continue
      for (const partial of alike) {
        const route = this.#walkPartial(partial, from, to, at)
        if (route !== undefined) return route
      }
    }
    return undefined
  }

  #walkPartial({ between, node }: Partial, from: number, to: number, at: number) {
    if (!this.#capture(between, from, to)) return undefined
    this.#captured += between.length + 1
    const route = this.#walk(node, at + 1)
    if (route === undefined) this.#captured -= between.length + 1
    return route
  }

  /**
   * Each parameter takes as much as it can, the leftmost first: `{file}.{ext}` reads `a.tar.gz` as
   * `a.tar` and `gz`. From the right, the last place of each literal is the right one at once.
   */
  #capture(between: readonly string[], from: number, to: number): boolean {
    // A slice, for a search must not run on to the left of the segment.
    const segment = between.length === 0 ? '' : this.#text.slice(from, to)
    let end = to
    for (let i = between.length - 1; i >= 0; i--) {
      const literal = between[i]!
      const found = from + segment.lastIndexOf(literal, end - from - literal.length - 1)
      if (found <= from) return false
      const place = 2 * (this.#captured + i + 1)
      this.#places[place] = found + literal.length
      this.#places[place + 1] = end
      end = found
    }
    this.#places[2 * this.#captured] = from
    this.#places[2 * this.#captured + 1] = end
    return true
  }

  #choose(routes: readonly Route[]): Route | undefined {
    const route = routeFor(routes, this.#method)
    if (route === undefined) this.#others.push(...routes)
    return route
  }
}

/** HEAD follows GET where it is not declared itself. */
export function routeFor(routes: readonly Route[], method: string): Route | undefined {
  for (const route of routes) if (route.method === method) return route
  return method === 'HEAD' ? routeFor(routes, 'GET') : undefined
}
