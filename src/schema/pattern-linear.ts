// Our own matcher, for patterns that could hold the native one for ever: it follows all ways
// through the pattern at once, so each character is looked at once. Sets of ways are remembered
// as states of an automaton that grows while it runs; then a character costs one look-up.
import type { Chars } from './chars.ts'
import { charsMax, startsAtEdge } from './pattern-safety.ts'
import type { Tree } from './pattern-parse.ts'

/** A step of the program; `next` and `other` are indices of steps. */
type Step =
  | { readonly kind: 'chars'; readonly chars: Chars; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'edge'; readonly at: 'start' | 'end'; next: number }
  | { readonly kind: 'match' }

/** The text that the bound on work is meant for. */
const textCharsMax = 100_000

/** Steps × characters: some 50 ms when every character leads to a new state. */
const workMax = 25_000_000

const stepsMax = 5_000

/** Why this matcher cannot take a pattern, or undefined. */
export function linearFault(tree: Tree): string | undefined {
  const program = compiled(tree)
  if (typeof program === 'string') return program
  const chars = startsAtEdge(tree) ? Math.min(charsMax(tree) + 1, textCharsMax) : textCharsMax
  return program.length * chars > workMax ? 'it repeats too much' : undefined
}

/** Takes what matching costs, in looks at one character; may throw where that is too much. */
export type Spend = (looks: number) => void

export const freely: Spend = () => {}

/** What a new state costs, and each step in it: measured, in looks at a character. */
const stateLooks = 100
const stepLooks = 8

export function linearTest(tree: Tree, spend = freely): (text: string) => boolean {
  const program = compiled(tree)
  if (typeof program === 'string') throw new Error(program)
  const automaton = new Automaton(program, !startsAtEdge(tree), spend)
  return (text) => {
    spend(text.length)
    return automaton.test(text)
  }
}

/** The program, or why there is none. Its last step is the first to run. */
function compiled(tree: Tree): Step[] | string {
  const steps: Step[] = [{ kind: 'match' }]
  const fault = compile(tree, 0, steps)
  return typeof fault === 'string' ? fault : withStart(steps, fault)
}

/** The start is kept where it is easy to find. */
function withStart(steps: Step[], start: number): Step[] {
  steps.push({ kind: 'split', next: start, other: start })
  return steps
}

/** Appends what matches the tree and then goes on at `next`; gives where it begins. */
function compile(tree: Tree, next: number, steps: Step[]): number | string {
  if (steps.length > stepsMax) return 'it repeats too much'
  switch (tree.kind) {
    case 'chars':
      return steps.push({ kind: 'chars', chars: tree.chars, next }) - 1
    case 'edge':
      return steps.push({ kind: 'edge', at: tree.at, next }) - 1
    case 'sequence':
      return backwards(tree.items, next, steps)
    case 'choice':
      return choice(tree.options, next, steps)
    case 'repeat':
      return repeat(tree.item, tree.min, tree.max, next, steps)
    case 'word':
      return 'it asks for the edge of a word'
    case 'look':
      return 'it looks ahead or behind'
    case 'backReference':
      return 'it refers back to what a group matched'
  }
}

function backwards(items: readonly Tree[], next: number, steps: Step[]): number | string {
  let start = next
  for (const item of items.toReversed()) {
    const before = compile(item, start, steps)
    if (typeof before === 'string') return before
    start = before
  }
  return start
}

function choice(options: readonly Tree[], next: number, steps: Step[]): number | string {
  let start: number | undefined
  for (const option of options) {
    const begin = compile(option, next, steps)
    if (typeof begin === 'string') return begin
    start =
      start === undefined ? begin : steps.push({ kind: 'split', next: begin, other: start }) - 1
  }
  return start ?? next
}

function repeat(
  item: Tree,
  min: number,
  max: number,
  next: number,
  steps: Step[],
): number | string {
  if (max === Infinity) {
    const loop: Step = { kind: 'split', next, other: next }
    const start = steps.push(loop) - 1
    const body = compile(item, start, steps)
    if (typeof body === 'string') return body
    loop.other = body
    return times(item, min, start, steps)
  }
  let start = next
  for (let count = charsMax(item) === 0 ? 0 : max - min; count > 0; count--) {
    const body = compile(item, start, steps)
    if (typeof body === 'string') return body
    start = steps.push({ kind: 'split', next, other: body }) - 1
  }
  return times(item, min, start, steps)
}

function times(item: Tree, count: number, next: number, steps: Step[]): number | string {
  let start = next
  // An edge that holds once holds as often as one likes.
  for (let left = charsMax(item) === 0 ? Math.min(count, 1) : count; left > 0; left--) {
    const body = compile(item, start, steps)
    if (typeof body === 'string') return body
    start = body
  }
  return start
}

/** A set of ways through the program. */
interface State {
  /** Steps that wait for a character, or for the end. */
  readonly waiting: readonly number[]
  readonly matched: boolean
  readonly matchedAtEnd: boolean
  /** By character class. */
  readonly next: (State | undefined)[]
}

/** Beyond these the memory starts anew: a hostile text must not fill it. */
const statesMax = 2_000
const pointsMax = 4_096

class Automaton {
  readonly #program: readonly Step[]
  readonly #searching: boolean
  readonly #spend: Spend
  readonly #sets: readonly Chars[]
  readonly #states = new Map<string, State>()
  readonly #start: State
  readonly #ascii: number[] = []
  readonly #points = new Map<number, number>()
  readonly #classes = new Map<string, number>()
  /** For each class one character of it. */
  readonly #samples: number[] = []
  readonly #marks: Uint32Array
  #mark = 0

  constructor(program: readonly Step[], searching: boolean, spend: Spend) {
    this.#program = program
    this.#searching = searching
    this.#spend = spend
    this.#sets = [
      ...new Set(program.flatMap((step) => (step.kind === 'chars' ? [step.chars] : []))),
    ]
    this.#marks = new Uint32Array(program.length)
    for (let point = 0; point < 128; point++) this.#ascii.push(this.#classOf(point))
    this.#start = this.#state([program.length - 1], true)
  }

  test(text: string): boolean {
    let state = this.#start
    for (let at = 0; at < text.length; at++) {
      if (state.matched) return true
      if (state.waiting.length === 0) return false
      const unit = text.charCodeAt(at)
      let kind = this.#ascii[unit]
      if (kind === undefined) {
        const point = text.codePointAt(at) ?? unit
        if (point > 0xffff) at++
        kind = this.#kindOf(point)
      }
      state = state.next[kind] ?? this.#grow(state, kind)
    }
    return state.matched || state.matchedAtEnd
  }

  #kindOf(point: number): number {
    const known = this.#points.get(point)
    if (known !== undefined) return known
    if (this.#points.size >= pointsMax) this.#points.clear()
    const kind = this.#classOf(point)
    this.#points.set(point, kind)
    return kind
  }

  /** Characters that are in the same sets are one class. */
  #classOf(point: number): number {
    let signature = ''
    for (const set of this.#sets) signature += set.has(point) ? '1' : '0'
    const known = this.#classes.get(signature)
    if (known !== undefined) return known
    const kind = this.#samples.push(point) - 1
    this.#classes.set(signature, kind)
    return kind
  }

  #grow(state: State, kind: number): State {
    this.#spend(stateLooks + stepLooks * state.waiting.length)
    const point = this.#samples[kind] ?? 0
    const next: number[] = []
    for (const index of state.waiting) {
      const step = this.#program[index]
      if (step?.kind === 'chars' && step.chars.has(point)) next.push(step.next)
    }
    if (this.#searching) next.push(this.#program.length - 1)
    const grown = this.#state(next, false)
    state.next[kind] = grown
    return grown
  }

  #state(from: readonly number[], atStart: boolean): State {
    const waiting = this.#reached(from, atStart, false)
    const matched = waiting.includes(0)
    const key = `${atStart ? '^' : ''}${waiting.join()}`
    const known = this.#states.get(key)
    if (known !== undefined) return known
    if (this.#states.size >= statesMax) this.#forget()
    const matchedAtEnd = this.#reached(from, atStart, true).includes(0)
    const state = {
      waiting: waiting.filter((index) => index !== 0),
      matched,
      matchedAtEnd,
      next: [],
    }
    this.#states.set(key, state)
    return state
  }

  #forget(): void {
    for (const state of this.#states.values()) state.next.length = 0
    this.#states.clear()
  }

  /** Steps that wait, and step 0, which is the match, reached without reading on. */
  #reached(from: readonly number[], atStart: boolean, atEnd: boolean): number[] {
    const found: number[] = []
    const open = [...from]
    this.#mark++
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (this.#marks[index] === this.#mark) continue
      this.#marks[index] = this.#mark
      const step = this.#program[index]
      if (step?.kind === 'split') open.push(step.next, step.other)
      else if (step?.kind !== 'edge') found.push(index)
      else if (step.at === 'start' ? atStart : atEnd) open.push(step.next)
      else if (step.at === 'end') found.push(index)
    }
    return found.sort((a, b) => a - b)
  }
}
