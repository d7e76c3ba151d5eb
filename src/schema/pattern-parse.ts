// Reads a regular expression that the native engine has accepted into a tree, so that we can tell
// what it costs. Characters are code points, as under the `u` flag.
import {
  charsOf,
  type Chars,
  classEscapes,
  complement,
  dotRanges,
  mergedRanges,
  opaqueChars,
} from './chars.ts'

export type Tree =
  | { readonly kind: 'chars'; readonly chars: Chars }
  | { readonly kind: 'sequence'; readonly items: readonly Tree[] }
  | { readonly kind: 'choice'; readonly options: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly item: Tree; readonly min: number; readonly max: number }
  /** `^` or `$`. */
  | { readonly kind: 'edge'; readonly at: 'start' | 'end' }
  /** `\b` or `\B`. */
  | { readonly kind: 'word' }
  | {
      readonly kind: 'look'
      readonly ahead: boolean
      readonly negated: boolean
      readonly item: Tree
    }
  | { readonly kind: 'backReference' }

/** Thrown for what this reader does not know, though the native engine does. */
export class UnknownSyntax extends Error {}

const depthMax = 100

export function parsePattern(source: string): Tree {
  const reader = new Reader(source)
  const tree = reader.choice(0)
  if (!reader.atEnd) throw new UnknownSyntax('an unbalanced parenthesis')
  return tree
}

class Reader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  get atEnd(): boolean {
    return this.#at >= this.#source.length
  }

  #skips(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  /** The match of a sticky expression at this place, skipped. */
  #takes(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#source) ?? undefined
    if (found !== undefined) this.#at = pattern.lastIndex
    return found
  }

  #point(): number {
    const point = this.#source.codePointAt(this.#at) ?? 0
    this.#at += point > 0xffff ? 2 : 1
    return point
  }

  choice(depth: number): Tree {
    if (depth > depthMax) throw new UnknownSyntax('groups nested too deep')
    const options = [this.#sequence(depth)]
    while (this.#skips('|')) options.push(this.#sequence(depth))
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', options }
  }

  #sequence(depth: number): Tree {
    const items: Tree[] = []
    while (!this.atEnd && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')') {
      items.push(this.#repeated(this.#atom(depth)))
    }
    return { kind: 'sequence', items }
  }

  #repeated(item: Tree): Tree {
    const found = this.#takes(/(?:([*+?])|\{(\d+)(,(\d*))?\})\??/y)
    if (found === undefined) return item
    const [, sign, least, range, most] = found
    if (sign !== undefined) {
      return { kind: 'repeat', item, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity }
    }
    const min = Number(least)
    const max = range === undefined ? min : most === '' ? Infinity : Number(most)
    return { kind: 'repeat', item, min, max }
  }

  #atom(depth: number): Tree {
    if (this.#skips('^')) return { kind: 'edge', at: 'start' }
    if (this.#skips('$')) return { kind: 'edge', at: 'end' }
    if (this.#skips('.')) return { kind: 'chars', chars: charsOf(...dotRanges) }
    if (this.#skips('(')) return this.#group(depth)
    if (this.#skips('[')) return { kind: 'chars', chars: this.#class() }
    if (this.#skips('\\')) return this.#escape()
    const point = this.#point()
    return { kind: 'chars', chars: charsOf(point, point) }
  }

  #group(depth: number): Tree {
    const look = this.#takes(/\?(<?)([=!])/y)
    if (look === undefined && !this.#takes(/\?(?::|<[^>=!]+>)/y) && this.#skips('?')) {
      throw new UnknownSyntax('a group with modifiers')
    }
    const item = this.choice(depth + 1)
    if (!this.#skips(')')) throw new UnknownSyntax('an unbalanced parenthesis')
    if (look === undefined) return item
    return { kind: 'look', ahead: look[1] === '', negated: look[2] === '!', item }
  }

  #escape(): Tree {
    if (this.#takes(/[bB]/y)) return { kind: 'word' }
    if (this.#takes(/[1-9]\d*|k<[^>]*>/y)) return { kind: 'backReference' }
    const property = this.#takes(/[pP]\{[^}]*\}/y)
    if (property !== undefined) return { kind: 'chars', chars: opaqueChars(`\\${property[0]}`) }
    const name = this.#source[this.#at] ?? ''
    const ranges = Object.hasOwn(classEscapes, name) ? classEscapes[name] : undefined
    if (ranges !== undefined) {
      this.#at++
      return { kind: 'chars', chars: charsOf(...ranges) }
    }
    const point = this.#escapedPoint()
    return { kind: 'chars', chars: charsOf(point, point) }
  }

  /** After the backslash: the one character that an escape stands for. */
  #escapedPoint(): number {
    const pair = this.#takes(/u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})/iy)
    if (pair !== undefined) {
      const high = Number.parseInt(pair[1] ?? '', 16)
      return (high - 0xd800) * 0x400 + Number.parseInt(pair[2] ?? '', 16) - 0xdc00 + 0x10000
    }
    const hex = this.#takes(/u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2})/iy)
    if (hex !== undefined) return Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16)
    const control = this.#takes(/c([a-z])/iy)
    if (control !== undefined) return (control[1] ?? '').charCodeAt(0) % 32
    const point = this.#point()
    return controlEscapes.get(point) ?? point
  }

  /** After the bracket. */
  #class(): Chars {
    const start = this.#at - 1
    const negated = this.#skips('^')
    const ranges: number[] = []
    let opaque = false
    while (!this.#skips(']')) {
      if (this.atEnd) throw new UnknownSyntax('an unbalanced bracket')
      const member = this.#member()
      if (member === 'opaque') opaque = true
      else ranges.push(...member)
    }
    if (opaque) return opaqueChars(this.#source.slice(start, this.#at))
    const merged = mergedRanges(ranges)
    return charsOf(...(negated ? complement(merged) : merged))
  }

  /** A character, a range or an escape inside a class. */
  #member(): readonly number[] | 'opaque' {
    if (this.#takes(/\\[pP]\{[^}]*\}/y)) return 'opaque'
    const escape = this.#takes(/\\([dDwWsS])/y)
    if (escape !== undefined) return classEscapes[escape[1] ?? ''] ?? []
    const first = this.#memberPoint()
    if (!this.#takes(/-(?!\])(?!\\[dDwWsSpP])/y)) return [first, first]
    return [first, this.#memberPoint()]
  }

  #memberPoint(): number {
    if (!this.#skips('\\')) return this.#point()
    return this.#skips('b') ? 8 : this.#escapedPoint()
  }
}

/** `\n` and its like. */
const controlEscapes = new Map([
  [0x6e, 0xa],
  [0x72, 0xd],
  [0x74, 0x9],
  [0x76, 0xb],
  [0x66, 0xc],
  [0x30, 0],
])
