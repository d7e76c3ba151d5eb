// Which parameter, or field of a form, a name in `name=value` belongs to. Most have names of their
// own; members of spread objects come as `filter[a]`, or under the bare names of properties.
import type { Entry } from './convert.ts'
import { bracketed, spreadObject, type Written } from './ways.ts'

export interface Names {
  /** An empty place for each slot, to copy: `Array.from` made two pairs cost 1.1 µs, not 0.7. */
  readonly none: readonly undefined[]
  /** `path` is that of a spread object's member. */
  readonly find: (name: string) => Claim | undefined
}

export interface Claim {
  readonly slot: number
  readonly path: readonly string[] | undefined
}

/** Slots are indexes of `written`. */
export function linkNames(written: readonly Written[]): Names {
  const plain = new Map<string, Claim>()
  const bracketNames = new Map<string, number>()
  let restSlot: number | undefined
  for (const [slot, one] of written.entries()) {
    const object = spreadObject(one)
    if (object === undefined || one.style === 'deepObject') continue
    for (const [name] of object.properties) plain.set(name, { slot, path: [name] })
    if (object.rest !== undefined) restSlot ??= slot
  }
  for (const [slot, one] of written.entries()) {
    if (one.style === 'deepObject') bracketNames.set(one.name, slot)
    plain.set(one.name, { slot, path: undefined })
  }
  const find = (name: string): Claim | undefined => {
    const known = plain.get(name)
    if (known !== undefined) return known
    const inner = bracketNames.size > 0 ? bracketed(name) : undefined
    const slot = inner && bracketNames.get(inner.name)
    if (slot !== undefined) return { slot, path: inner!.path }
    return restSlot === undefined ? undefined : { slot: restSlot, path: [name] }
  }
  return { none: written.map(() => undefined), find }
}

/** What one pass over the pairs has found, by slot, still encoded. */
export class Haul {
  readonly raws: (string | string[] | undefined)[]
  readonly entries: (Entry[] | undefined)[] = []
  /** Decoded names that belong to nobody, with their pairs. */
  readonly strays: { readonly name: string; readonly value: string; readonly pair: string }[] = []
  readonly #names: Names
  readonly #decodeName: (name: string) => string

  constructor(names: Names, decodeName: (name: string) => string) {
    this.#names = names
    this.#decodeName = decodeName
    this.raws = names.none.slice()
  }

  add(encodedName: string, value: string, pair: string): void {
    const name = this.#nameOf(encodedName)
    const claim = this.#names.find(name)
    if (claim === undefined) this.strays.push({ name, value, pair })
    else if (claim.path === undefined) this.#addRaw(claim.slot, value)
    else (this.entries[claim.slot] ??= []).push({ path: claim.path, text: value })
  }

  #addRaw(slot: number, value: string): void {
    const before = this.raws[slot]
    if (before === undefined) this.raws[slot] = value
    else if (typeof before === 'string') this.raws[slot] = [before, value]
    else before.push(value)
  }

  /** A name that cannot be decoded is nobody's, and is told apart by what it is. */
  #nameOf(encoded: string): string {
    try {
      return this.#decodeName(encoded)
    } catch {
      return encoded
    }
  }
}
