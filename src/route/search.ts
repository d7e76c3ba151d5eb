// One walk through the tree of segments, as it lies in a table's bytes (`table.ts`): most specific
// branch first, falling back where a branch ends dead. Keeps its notes between walks, so that a
// walk allocates next to nothing. Places are numbers of words; 0 is none.
import { characterKinds, kindDot, kindPlain, kindSlash, placesInPath } from './path.ts'
import {
  alternativeWords,
  endField,
  groupWords,
  hashEnd,
  hashOn,
  head,
  lengthBit,
  nodeField,
  routeField,
  routeWords,
  setField,
  slotsAt,
  textAt,
} from './table.ts'

// A template has at most 64 segments and 30 parameters, so that no walk looks beyond these.
// Writes beyond them, for paths with more segments, fall on deaf ears: that is how typed arrays are.
const segmentsMax = 66
const valuesMax = 32

/** Longer paths get bytes of their own. */
const usualLengthMax = 4096

const slash = 0x2f

export class Search {
  readonly #words: Int32Array
  /** The same memory. */
  readonly #bytes: Uint8Array
  readonly #methods: readonly string[]
  readonly #root: number
  /** No literal of the tree is longer: a longer segment is not worth hashing. */
  readonly #literalLengthMax: number
  // The characters of the text, read out of the string once: charCodeAt on a slice of a request's
  // head costs several times what an element of an array does.
  readonly #usual = new Uint8Array(usualLengthMax)
  #chars = this.#usual
  #length = 0
  #method = ''
  /** Segments of the text. */
  #count = 0
  readonly #starts = new Int32Array(segmentsMax)
  readonly #ends = new Int32Array(segmentsMax)
  /** Start and end of each captured value, in turn. */
  readonly #places = new Int32Array(2 * valuesMax)
  #captured = 0
  #others: number[] = []
  #routes = 0
  #isPlain = true

  constructor(words: Int32Array, methods: readonly string[]) {
    this.#words = words
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    this.#methods = methods
    this.#root = words[head.root]!
    this.#literalLengthMax = words[head.literalLengthMax]!
  }

  /** Routes of templates that match the path, but with other methods: known after a vain walk. */
  get others(): readonly number[] {
    return this.#others
  }

  /** Where the last walk ended: all routes of that template. */
  get routes(): number {
    return this.#routes
  }

  /** Whether the path was read by `readPlain`. */
  get isPlain(): boolean {
    return this.#isPlain
  }

  /** Reads a path that needs no closer look; false where `%`, `;`, `//`, `/.` or worse is in it. */
  readPlain(path: string): boolean {
    if (path.charCodeAt(0) !== slash) return false
    const chars = this.#charsFor(path.length)
    let count = 0
    let start = 1
    for (let at = 1; at < path.length; at++) {
      const code = path.charCodeAt(at)
      chars[at] = code
      const kind = characterKinds[code]
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
    this.#isPlain = true
    return true
  }

  /** Takes a text that `readPath` made. */
  take(text: string): void {
    const chars = this.#charsFor(text.length)
    let count = 0
    let start = 1
    for (let at = 1; at < text.length; at++) {
      const code = text.charCodeAt(at)
      chars[at] = code
      if (code !== slash) continue
      this.#starts[count] = start
      this.#ends[count++] = at
      start = at + 1
    }
    this.#starts[count] = start
    this.#ends[count] = text.length
    this.#count = count + 1
    this.#isPlain = false
  }

  #charsFor(length: number): Uint8Array {
    this.#length = length
    return (this.#chars = length <= usualLengthMax ? this.#usual : new Uint8Array(length))
  }

  /** Takes a slash off the end of the text; false where there is none. */
  dropTrailingSlash(): boolean {
    if (this.#count < 2 || this.#chars[this.#length - 1] !== slash) return false
    this.#count--
    return true
  }

  /** The most specific route with this method whose template matches the text. */
  route(method: string): number {
    this.#method = method
    this.#captured = 0
    if (this.#others.length > 0) this.#others = []
    return this.#walk(this.#root, 0)
  }

  /** What the walk captured, out of the path that the text was read from. */
  values(path: string): string[] {
    if (!this.#isPlain) placesInPath(path, this.#places, 2 * this.#captured)
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

  #walk(node: number, at: number): number {
    const words = this.#words
    if (at === this.#count) {
      const routes = words[node + nodeField.routes]!
      return routes === 0 ? 0 : this.#choose(routes)
    }
    const start = this.#starts[at]!
    const end = this.#ends[at]!
    const literals = words[node + nodeField.literals]!
    if (literals !== 0 && end - start <= this.#literalLengthMax) {
      const child = this.#member(literals, start, end, end)
      const route = child === 0 ? 0 : this.#walk(child, at + 1)
      if (route !== 0) return route
    }
    if (start === end) return 0 // a parameter is never empty
    const groups = words[node + nodeField.partials]!
    if (groups !== 0) {
      const route = this.#walkPartials(groups, at)
      if (route !== 0) return route
    }
    const any = words[node + nodeField.any]!
    return any === 0 ? 0 : this.#walkAny(any, at)
  }

  /** Of a set, the member whose text is all from `start` to `end` but what lies between two places. */
  #member(set: number, start: number, from: number, to: number, end = to): number {
    if (set < 0) return this.#holds(-set, start, from, to, end) ? -set : 0
    const words = this.#words
    const length = from - start + end - to
    if ((words[set + setField.lengths]! & lengthBit(length)) === 0) return 0
    const mask = words[set + setField.mask]!
    const hash = hashEnd(
      hashOn(hashOn(words[set + setField.seed]!, this.#chars, start, from), this.#chars, to, end),
    )
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = set + slotsAt + 2 * slot
      const member = words[at + 1]!
      if (member === 0) return 0
      if (words[at] === hash && this.#holds(member, start, from, to, end)) return member
    }
  }

  #holds(member: number, start: number, from: number, to: number, end: number): boolean {
    if (this.#words[member] !== from - start + end - to) return false
    const bytes = this.#bytes
    const chars = this.#chars
    let at = (member + textAt) * 4
    for (let i = start; i < from; i++) if (chars[i] !== bytes[at++]) return false
    for (let i = to; i < end; i++) if (chars[i] !== bytes[at++]) return false
    return true
  }

  #walkAny(node: number, at: number): number {
    const place = 2 * this.#captured++
    this.#places[place] = this.#starts[at]!
    this.#places[place + 1] = this.#ends[at]!
    const route = this.#walk(node, at + 1)
    if (route === 0) this.#captured--
    return route
  }

  #walkPartials(groups: number, at: number): number {
    const words = this.#words
    const start = this.#starts[at]!
    const end = this.#ends[at]!
    const behind = groups + 1 + words[groups]! * groupWords
    for (let group = groups + 1; group < behind; group += groupWords) {
      const from = start + words[group]!
      const to = end - words[group + 1]!
      if (to <= from) continue
      const ends = this.#member(words[group + 2]!, start, from, to, end)
      const route = ends === 0 ? 0 : this.#walkAlternatives(ends, from, to, at)
      if (route !== 0) return route
    }
    return 0
  }

  #walkAlternatives(ends: number, from: number, to: number, at: number): number {
    const words = this.#words
    let alternative = words[ends + endField.alternatives]!
    const behind = alternative + words[ends + endField.count]! * alternativeWords
    for (; alternative < behind; alternative += alternativeWords) {
      const between = words[alternative + 1]!
      if (!this.#capture(between, words[alternative + 2]!, from, to)) continue
      this.#captured += between + 1
      const route = this.#walk(words[alternative]!, at + 1)
      if (route !== 0) return route
      this.#captured -= between + 1
    }
    return 0
  }

  /**
   * Each parameter takes as much as it can, the leftmost first: `{file}.{ext}` reads `a.tar.gz` as
   * `a.tar` and `gz`. From the right, the last place of each literal is the right one at once.
   */
  #capture(count: number, literals: number, from: number, to: number): boolean {
    let end = to
    for (let i = count - 1; i >= 0; i--) {
      const literal = this.#literalAt(literals, i)
      const length = this.#words[literal]!
      const found = this.#lastPlace(literal, from + 1, end - length - 1)
      if (found < 0) return false
      const place = 2 * (this.#captured + i + 1)
      this.#places[place] = found + length
      this.#places[place + 1] = end
      end = found
    }
    this.#places[2 * this.#captured] = from
    this.#places[2 * this.#captured + 1] = end
    return true
  }

  #literalAt(literals: number, index: number): number {
    let at = literals
    for (let i = 0; i < index; i++) at += 1 + Math.ceil(this.#words[at]! / 4)
    return at
  }

  /** Where a literal between parameters begins last, between two places; −1 where it does not. */
  #lastPlace(literal: number, first: number, last: number): number {
    const length = this.#words[literal]!
    const textFrom = (literal + 1) * 4
    for (let place = last; place >= first; place--) {
      let i = 0
      while (i < length && this.#chars[place + i] === this.#bytes[textFrom + i]) i++
      if (i === length) return place
    }
    return -1
  }

  #choose(routes: number): number {
    const route = this.routeFor(routes, this.#method)
    this.#routes = routes
    if (route !== 0) return route
    const behind = routes + 1 + this.#words[routes]! * routeWords
    for (let other = routes + 1; other < behind; other += routeWords) this.#others.push(other)
    return 0
  }

  /** HEAD follows GET where it is not declared itself. */
  routeFor(routes: number, method: string): number {
    const behind = routes + 1 + this.#words[routes]! * routeWords
    for (let route = routes + 1; route < behind; route += routeWords) {
      if (this.#methods[this.#words[route + routeField.method]!] === method) return route
    }
    return method === 'HEAD' ? this.routeFor(routes, 'GET') : 0
  }
}
