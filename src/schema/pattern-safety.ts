// Whether the native engine, which backtracks, can be trusted with a pattern: only where at every
// point of the text at most one way through the pattern can go on. Then nothing is tried twice.
//
// That is so when the pattern's position automaton (each character of the pattern is a state) is
// deterministic, no state is reached from another in two ways, and nothing that may be empty is
// repeated. Counts do not matter for that, so they are cut down to none, one or many.
import { type Chars, meet } from './chars.ts'
import type { Tree } from './pattern-parse.ts'

/** How far a search may look from each start where a pattern is not tied to the start. */
const windowMax = 32

export function isSafe(tree: Tree): boolean {
  if (!startsAtEdge(tree) && (charsMax(tree) > windowMax || hasEnd(tree))) return false
  const positions = new Positions()
  const whole = positions.add(tree)
  return whole !== undefined && !positions.ambiguous && positions.deterministic(whole.first)
}

/**
 * V8 tries a pattern with `$` and without `^` from the end only, and there overlooks characters of
 * two units: `/[^a]$/u` finds nothing in an emoji (Node 26.10). Our own matcher does.
 */
function hasEnd(tree: Tree): boolean {
  switch (tree.kind) {
    case 'edge':
      return tree.at === 'end'
    case 'choice':
      return tree.options.some(hasEnd)
    case 'sequence':
      return tree.items.some(hasEnd)
    case 'repeat':
      return hasEnd(tree.item)
    default:
      return false
  }
}

/** Whether every way through the pattern begins with `^`. */
export function startsAtEdge(tree: Tree): boolean {
  switch (tree.kind) {
    case 'edge':
      return tree.at === 'start'
    case 'choice':
      return tree.options.every(startsAtEdge)
    case 'sequence':
      return tree.items[0] !== undefined && startsAtEdge(tree.items[0])
    case 'repeat':
      return tree.min > 0 && startsAtEdge(tree.item)
    default:
      return false
  }
}

/** The most characters that a match may have. */
export function charsMax(tree: Tree): number {
  switch (tree.kind) {
    case 'chars':
      return 1
    case 'sequence':
      return tree.items.reduce((sum, item) => sum + charsMax(item), 0)
    case 'choice':
      return Math.max(...tree.options.map(charsMax))
    case 'repeat': {
      const once = charsMax(tree.item)
      return once === 0 ? 0 : once * tree.max
    }
    case 'backReference':
      return Infinity
    default:
      return 0
  }
}

/** What may come first, what last, and whether nothing at all may match. */
interface Part {
  readonly first: readonly number[]
  readonly last: readonly number[]
  readonly empty: boolean
}

const nothing: Part = { first: [], last: [], empty: true }

/** Beyond this a pattern is not looked into. */
const positionsMax = 1_000

class Positions {
  readonly #chars: Chars[] = []
  /** For each position those that may come after it, once for each way there. */
  readonly #follow: number[][] = []
  ambiguous = false

  /** Undefined: the pattern is beyond what can be told here. */
  add(tree: Tree): Part | undefined {
    if (this.#chars.length > positionsMax) return undefined
    switch (tree.kind) {
      case 'chars':
        return this.#one(tree.chars)
      case 'sequence':
        return this.#sequence(tree.items)
      case 'choice':
        return this.#choice(tree.options)
      case 'repeat':
        return this.#repeat(tree.item, tree.min, tree.max)
      case 'look':
        return charsMax(tree.item) <= windowMax && isSafe(anchored(tree.item)) ? nothing : undefined
      case 'edge':
      case 'word':
        return nothing
      case 'backReference':
        return undefined
    }
  }

  deterministic(first: readonly number[]): boolean {
    return this.#apart(first) && this.#follow.every((next) => this.#apart(next))
  }

  #apart(positions: readonly number[]): boolean {
    return positions.every((one, at) =>
      positions.slice(at + 1).every((other) => !this.#meet(one, other)),
    )
  }

  #meet(one: number, other: number): boolean {
    const left = this.#chars[one]
    const right = this.#chars[other]
    return one === other || (left !== undefined && right !== undefined && meet(left, right))
  }

  #one(chars: Chars): Part {
    const position = this.#chars.push(chars) - 1
    this.#follow.push([])
    return { first: [position], last: [position], empty: false }
  }

  #sequence(items: readonly Tree[]): Part | undefined {
    let whole: Part = nothing
    for (const item of items) {
      const next = this.add(item)
      if (next === undefined) return undefined
      whole = this.#joined(whole, next)
    }
    return whole
  }

  #joined(one: Part, next: Part): Part {
    this.#connect(one.last, next.first)
    return {
      first: one.empty ? [...one.first, ...next.first] : one.first,
      last: next.empty ? [...one.last, ...next.last] : next.last,
      empty: one.empty && next.empty,
    }
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    for (const position of from) this.#follow[position]?.push(...to)
  }

  #choice(options: readonly Tree[]): Part | undefined {
    const parts = options.map((option) => this.add(option))
    const known = parts.filter((part) => part !== undefined)
    if (known.length < parts.length) return undefined
    if (known.filter((part) => part.empty).length > 1) this.ambiguous = true
    return {
      first: known.flatMap((part) => part.first),
      last: known.flatMap((part) => part.last),
      empty: known.some((part) => part.empty),
    }
  }

  #repeat(item: Tree, min: number, max: number): Part | undefined {
    if (max === 0) return nothing
    if (max === min && max > 1) return this.#sequence([item, item])
    const once = this.add(item)
    if (once === undefined) return undefined
    if (once.empty) this.ambiguous = true
    if (max > 1) this.#connect(once.last, once.first)
    return { ...once, empty: once.empty || min === 0 }
  }
}

const anchored = (tree: Tree): Tree => ({
  kind: 'sequence',
  items: [{ kind: 'edge', at: 'start' }, tree],
})
