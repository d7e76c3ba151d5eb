// Where everything in valid JSON is written. A contract of a hundred thousand operations has
// millions of values, so the outline is two numbers a value, in the order of the text, and keys
// are read out of the text again when somebody asks for one.
//
//   {"a": [1, 2], "b": 3}       number   0  1  2  3  4
//   0┘└1  2┘ └3   └4            behind   5  4  3  4  5     (negative where it is an array)

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c
const space = 0x20
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d]

/** Objects with more members are looked up in, not looked through. */
const fewMembers = 16

export interface RepeatedKey {
  readonly offset: number
  readonly key: string
}

export class JsonOutline {
  readonly #text: string
  /** Of each value: the offset of its key, of itself in an array or at the top. */
  readonly #offsets: Int32Array
  /** Of each value: the number of the first value that is not part of it. */
  readonly #behind: Int32Array
  readonly #members = new Map<number, ReadonlyMap<string, number>>()
  readonly depth: number
  /** Members of all objects together, those of repeated keys too. */
  readonly memberCount: number

  /** Only for text that a parser took for JSON: nothing is checked. */
  constructor(text: string) {
    const scan = new Scan(text)
    this.#text = text
    this.#offsets = scan.offsets.taken()
    this.#behind = scan.behind.taken()
    this.depth = scan.depth
    this.memberCount = scan.memberCount
  }

  /** The offset of a value, or of its nearest parent where it is absent. */
  offset(path: readonly string[]): number {
    let value = 0
    for (const step of path) {
      const child = this.#child(value, step)
      if (child === undefined) break
      value = child
    }
    return this.#offsets[value]!
  }

  /** Keys that an object has had before, in the order of the text. */
  repeatedKeys(): RepeatedKey[] {
    const found: RepeatedKey[] = []
    for (let value = 0; value < this.#behind.length; value++) {
      if (this.#behind[value]! < 0) continue
      const seen = new Set<string>()
      for (const child of this.#children(value)) {
        const key = this.#key(child)
        if (seen.has(key)) found.push({ offset: this.#offsets[child]!, key })
        seen.add(key)
      }
    }
    return found.toSorted((a, b) => a.offset - b.offset)
  }

  #child(value: number, step: string): number | undefined {
    if (this.#behind[value]! < 0) return this.#item(value, step)
    const known = this.#members.get(value)
    if (known !== undefined) return known.get(step)
    const members = new Map<string, number>()
    for (const child of this.#children(value)) members.set(this.#key(child), child)
    if (members.size > fewMembers) this.#members.set(value, members)
    return members.get(step)
  }

  #item(array: number, step: string): number | undefined {
    if (!/^\d+$/.test(step)) return undefined
    let index = Number(step)
    for (const child of this.#children(array)) if (index-- === 0) return child
    return undefined
  }

  *#children(value: number): Generator<number, void, undefined> {
    const end = Math.abs(this.#behind[value]!)
    for (let child = value + 1; child < end; child = Math.abs(this.#behind[child]!)) yield child
  }

  /** Of a member of an object. */
  #key(member: number): string {
    const start = this.#offsets[member]!
    const end = stringEnd(this.#text, start)
    const raw = this.#text.slice(start + 1, end - 1)
    return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
  }
}

/** One pass over the text. */
class Scan {
  readonly offsets: Numbers
  readonly behind: Numbers
  depth = 0
  memberCount = 0
  /** Values that are open, by their numbers. */
  readonly #open: number[] = []
  readonly #areObjects: boolean[] = []

  constructor(text: string) {
    // A value every ten characters is what contracts have.
    this.offsets = new Numbers(16 + text.length / 10)
    this.behind = new Numbers(16 + text.length / 10)
    this.#scan(text)
  }

  #scan(text: string): void {
    let keyOffset = -1
    let isKey = false
    for (let at = 0; at < text.length;) {
      const code = text.charCodeAt(at)
      if (code === quote && isKey) {
        keyOffset = at
        isKey = false
        at = stringEnd(text, at)
      } else if (code === comma) {
        isKey = this.#areObjects.at(-1)!
        at++
      } else if (code === closeBrace || code === closeBracket) {
        this.#close()
        at++
      } else if (code === colon || code <= space) at++
      else {
        this.#value(keyOffset < 0 ? at : keyOffset)
        if (keyOffset >= 0) this.memberCount++
        keyOffset = -1
        isKey = code === openBrace
        if (code === openBrace || code === openBracket) this.#opened(isKey)
        at = code === quote ? stringEnd(text, at) : scalarEnd(text, at)
      }
    }
  }

  #value(offset: number): void {
    this.offsets.push(offset)
    this.behind.push(this.offsets.length)
  }

  #opened(isObject: boolean): void {
    this.#open.push(this.offsets.length - 1)
    this.#areObjects.push(isObject)
    this.depth = Math.max(this.depth, this.#open.length)
  }

  #close(): void {
    const behind = this.offsets.length
    const isObject = this.#areObjects.pop()
    this.behind.set(this.#open.pop()!, isObject ? behind : -behind)
  }
}

/** Behind a string that starts here. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end + 1
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let before = at
  while (text.charCodeAt(before - 1) === backslash) before--
  return ((at - before) & 1) === 1
}

/** Behind a number or a word that starts here, or behind the one character of a bracket. */
function scalarEnd(text: string, start: number): number {
  let at = start + 1
  if (isBracket(text.charCodeAt(start))) return at
  for (let code = text.charCodeAt(at); code > space; code = text.charCodeAt(++at)) {
    if (code === comma || isBracket(code)) break
  }
  return at
}

const isBracket = (code: number): boolean =>
  code === openBrace || code === closeBrace || code === openBracket || code === closeBracket

/** Numbers that grow. */
class Numbers {
  #cells: Int32Array
  length = 0

  constructor(expected: number) {
    this.#cells = new Int32Array(expected)
  }

  push(number: number): void {
    if (this.length === this.#cells.length) {
      const larger = new Int32Array(2 * this.length)
      larger.set(this.#cells)
      this.#cells = larger
    }
    this.#cells[this.length++] = number
  }

  set(index: number, number: number): void {
    this.#cells[index] = number
  }

  taken(): Int32Array {
    return this.#cells.slice(0, this.length)
  }
}

/** Members of all objects in some data, however deep. */
export function countMembers(data: unknown): number {
  let count = 0
  const waiting: object[] = isObject(data) ? [data] : []
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const values: unknown[] = Array.isArray(one) ? one : Object.values(one)
    if (!Array.isArray(one)) count += values.length
    for (const value of values) if (isObject(value)) waiting.push(value)
  }
  return count
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
