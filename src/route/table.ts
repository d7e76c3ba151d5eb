// The tree of segments as bytes: built once, by the compiler, and read where it lies by every
// thread. All is words of 32 bits, and a place is the number of a word. What one path may visit
// lies close together, a node before what is below it.
//
//   table    root │ forms │ longest literal │ place and length of the texts │ nodes …
//   node     length of its literal │ literals │ partials │ any │ routes │ literal, as bytes
//   routes   how many │ for each: method │ operation │ forms │ matrix │ label
//   partials how many groups │ for each: length of prefix │ of suffix │ ends
//   end      length │ how many │ place of alternatives │ – │ – │ prefix and suffix, as bytes
//   alternative  node │ how many literals between │ where: for each its length, its bytes
//
// `literals` and `ends` are a set of nodes or ends by their text: 0 for none, the negative place
// of the only one (most nodes have but one child, and to compare beats to hash), or a hash table:
//
//   mask │ seed │ lengths that occur, as bits │ for each slot: hash │ place, 0 for none
import type { Node, Partial, PartialGroup, Route } from './tree.ts'

/** Words of the table's head, and of what nodes and ends have before their text. */
export const head = { root: 0, forms: 1, literalLengthMax: 2, texts: 3, textBytes: 4, words: 5 }
export const nodeField = { length: 0, literals: 1, partials: 2, any: 3, routes: 4 }
export const endField = { length: 0, count: 1, alternatives: 2 }
export const textAt = 5
export const routeField = { method: 0, operation: 1, forms: 2, matrix: 3, label: 4 }
export const routeWords = 5
export const groupWords = 3
export const alternativeWords = 3
export const setField = { mask: 0, seed: 1, lengths: 2 }
export const slotsAt = 3

const wordBytes = 4
/** Of slots that a look-up may pass over. */
const runMax = 128
const seedsMax = 64

/** FNV-1a over some bytes, from a seed or from what went before; `hashEnd` closes it. */
export function hashOn(hash: number, bytes: Uint8Array, start: number, end: number): number {
  let on = hash
  for (let at = start; at < end; at++) on = Math.imul(on ^ bytes[at]!, 0x01000193)
  return on
}

/** Lets the upper bits count in the lower ones, which choose the slot. */
export const hashEnd = (hash: number): number => hash ^ (hash >>> 15)

/** One bit of 32 for each length: most segments are told from literals by it, without a hash. */
export const lengthBit = (length: number): number => 1 << (length & 31)

/** What a table holds beside its nodes. */
export interface TableTexts {
  /** By their numbers in routes. */
  readonly methods: readonly string[]
  /** What `Allow` says of the whole table. */
  readonly allowAll: string
}

export class TableWriter {
  #words = new Int32Array(1024)
  #bytes = new Uint8Array(this.#words.buffer)
  #end = 0
  #forms = 0
  #literalLengthMax = 0
  readonly #methods: string[] = []

  write(root: Node, allowAll: string): Uint8Array {
    this.#reserve(head.words)
    const place = this.#node(root, '')
    this.#words[head.root] = place
    this.#words[head.forms] = this.#forms
    this.#words[head.literalLengthMax] = this.#literalLengthMax
    const texts: TableTexts = { methods: this.#methods, allowAll }
    const bytes = new TextEncoder().encode(JSON.stringify(texts))
    const at = this.#reserve(Math.ceil(bytes.length / wordBytes))
    this.#bytes.set(bytes, at * wordBytes)
    this.#words[head.texts] = at
    this.#words[head.textBytes] = bytes.length
    return this.#bytes.slice(0, this.#end * wordBytes)
  }

  #node(node: Node, literal: string): number {
    const at = this.#reserve(textAt)
    this.#words[at + nodeField.length] = literal.length
    this.#text(literal)
    const set = (field: number, value: number): void => {
      this.#words[at + field] = value
    }
    if (node.routes !== undefined) set(nodeField.routes, this.#routes(node.routes))
    set(nodeField.literals, this.#literals(node))
    if (node.partials !== undefined) set(nodeField.partials, this.#groups(node.partials))
    if (node.any !== undefined) set(nodeField.any, this.#node(node.any, ''))
    return at
  }

  #routes(routes: readonly Route[]): number {
    const at = this.#list(routes.length, routeWords)
    for (const [index, route] of routes.entries()) {
      const fields = [this.#method(route.method), route.operation, route.forms]
      this.#words.set([...fields, route.matrix, route.label], at + 1 + index * routeWords)
      this.#forms |= route.forms
    }
    return at
  }

  #method(method: string): number {
    const known = this.#methods.indexOf(method)
    return known < 0 ? this.#methods.push(method) - 1 : known
  }

  #literals(node: Node): number {
    for (const literal of node.literals.keys()) {
      this.#literalLengthMax = Math.max(this.#literalLengthMax, literal.length)
    }
    return this.#set(node.literals, (child, literal) => this.#node(child, literal))
  }

  #groups(groups: readonly PartialGroup[]): number {
    const at = this.#list(groups.length, groupWords)
    for (const [index, { prefixLength, suffixLength, byEnds }] of groups.entries()) {
      const ends = this.#set(byEnds, (alike, text) => this.#ends(alike, text))
      this.#words.set([prefixLength, suffixLength, ends], at + 1 + index * groupWords)
    }
    return at
  }

  #ends(alike: readonly Partial[], text: string): number {
    const at = this.#reserve(textAt)
    this.#text(text)
    const alternatives = this.#reserve(alike.length * alternativeWords)
    this.#words.set([text.length, alike.length, alternatives], at)
    for (const [index, { between, node }] of alike.entries()) {
      const literals = this.#end
      for (const literal of between) {
        this.#list(literal.length, 0)
        this.#text(literal)
      }
      const place = this.#node(node, '')
      this.#words.set([place, between.length, literals], alternatives + index * alternativeWords)
    }
    return at
  }

  /** A set by text; each member is written behind it. */
  #set<T>(members: ReadonlyMap<string, T>, write: (member: T, text: string) => number): number {
    if (members.size <= 1) {
      for (const [text, member] of members) return -write(member, text)
      return 0
    }
    const texts = [...members.keys()]
    const { slots, seed, hashes } = hashTable(texts)
    const lengths = texts.reduce((bits, { length }) => bits | lengthBit(length), 0)
    const at = this.#reserve(slotsAt + 2 * slots.length)
    this.#words.set([slots.length - 1, seed, lengths], at)
    const places = Array.from(members, ([text, member]) => write(member, text))
    for (const [slot, index] of slots.entries()) {
      if (index < 0) continue
      this.#words.set([hashes[index]!, places[index]!], at + slotsAt + 2 * slot)
    }
    return at
  }

  #list(length: number, memberWords: number): number {
    const at = this.#reserve(1 + length * memberWords)
    this.#words[at] = length
    return at
  }

  /** One byte a character: that is how literals come. */
  #text(text: string): void {
    const at = this.#reserve(Math.ceil(text.length / wordBytes)) * wordBytes
    for (let i = 0; i < text.length; i++) this.#bytes[at + i] = text.charCodeAt(i)
  }

  #reserve(words: number): number {
    const at = this.#end
    this.#end += words
    if (this.#end > this.#words.length) {
      const larger = new Int32Array(2 * this.#end)
      larger.set(this.#words)
      this.#words = larger
      this.#bytes = new Uint8Array(larger.buffer)
    }
    return at
  }
}

interface HashTable {
  /** Numbers of texts; −1 where none is. */
  readonly slots: Int32Array
  readonly seed: number
  readonly hashes: readonly number[]
}

/**
 * With open addressing, at most half full. Whoever wrote a contract whose literals all share one
 * slot finds them spread under another seed.
 */
function hashTable(texts: readonly string[]): HashTable {
  const bytes = texts.map((text) => Uint8Array.from(text, (char) => char.charCodeAt(0)))
  for (let seed = 1; seed <= seedsMax; seed++) {
    const hashes = bytes.map((one) => hashEnd(hashOn(seed, one, 0, one.length)))
    const slots = spread(hashes)
    if (slots !== undefined) return { slots, seed, hashes }
  }
  throw new Error('no seed spreads the literals of a node')
}

/** Each hash in a slot; undefined where a look-up would pass over too many. */
function spread(hashes: readonly number[]): Int32Array | undefined {
  const size = 2 ** Math.ceil(Math.log2(2 * hashes.length))
  const slots = new Int32Array(size).fill(-1)
  for (const [index, hash] of hashes.entries()) {
    let slot = hash & (size - 1)
    for (let run = 0; slots[slot]! >= 0; run++) {
      if (run === runMax) return undefined
      slot = (slot + 1) & (size - 1)
    }
    slots[slot] = index
  }
  return slots
}
