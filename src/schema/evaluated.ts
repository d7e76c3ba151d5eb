// `unevaluatedProperties` and `unevaluatedItems`: they look at what every other rule on the same
// value, in whatever branch, has not. Nothing is tracked unless a schema asks; then, after the
// other rules have passed, a second walk over those branches that hold marks what they cover.
import type { Rules } from './plan.ts'
import type { Linked, Mark, Marks, Verdict } from './verdict.ts'

const nothing: Mark = () => undefined

/** Makes the walks, one a node, when they are first needed. */
export class Marker {
  readonly #linked: Linked
  readonly #marks = new Map<number, Mark>()

  constructor(linked: Linked) {
    this.#linked = linked
  }

  /** What the rules cover, the unevaluated ones left out. */
  mark(rules: Rules): Mark {
    const steps = [...ownMarks(rules, this.#linked), ...this.#branches(rules)]
    if (steps.length === 0) return nothing
    return (value, marks) => {
      for (const step of steps) step(value, marks)
    }
  }

  #node(id: number): Mark {
    const known = this.#marks.get(id)
    if (known !== undefined) return known
    const node = this.#linked.node(id)
    if (typeof node === 'number') return this.#node(node)
    const mark = typeof node === 'object' ? this.#whole(node) : nothing
    this.#marks.set(id, mark)
    return mark
  }

  /** An inner schema with an unevaluated rule covers all that was left. */
  #whole(rules: Rules): Mark {
    const mark = this.mark(rules)
    const objects = rules.unevaluatedProperties !== undefined
    const arrays = rules.unevaluatedItems !== undefined
    if (!objects && !arrays) return mark
    return (value, marks) => {
      mark(value, marks)
      if (Array.isArray(value) ? arrays : objects) marks.whole = true
    }
  }

  #branches(rules: Rules): Mark[] {
    const steps = (rules.all ?? []).map((id) => this.#node(id))
    for (const id of [...(rules.any ?? []), ...(rules.one ?? [])]) steps.push(this.#ifValid(id))
    if (rules.if !== undefined) steps.push(this.#conditional(rules, rules.if))
    for (const [name, id] of rules.implies ?? []) {
      const mark = this.#node(id)
      steps.push((value, marks) => {
        if (!Array.isArray(value) && Object.hasOwn(value, name)) mark(value, marks)
      })
    }
    return steps.filter((step) => step !== nothing)
  }

  #ifValid(id: number): Mark {
    const mark = this.#node(id)
    if (mark === nothing) return nothing
    const verdict = this.#linked.verdict(id)
    return (value, marks) => {
      if (verdict(value)) mark(value, marks)
    }
  }

  #conditional(rules: Rules, condition: number): Mark {
    const verdict = this.#linked.verdict(condition)
    const mark = this.#node(condition)
    const yes = rules.then === undefined ? nothing : this.#node(rules.then)
    const no = rules.else === undefined ? nothing : this.#node(rules.else)
    if (mark === nothing && yes === nothing && no === nothing) return nothing
    return (value, marks) => {
      if (!verdict(value)) return no(value, marks)
      mark(value, marks)
      yes(value, marks)
    }
  }
}

function ownMarks(rules: Rules, linked: Linked): Mark[] {
  const found: Mark[] = []
  const names = namesMark(rules, linked)
  if (names !== undefined) {
    found.push((value, marks) => {
      if (!Array.isArray(value)) names(value, marks)
    })
  }
  const items = itemsMark(rules, linked)
  if (items !== undefined) {
    found.push((value, marks) => {
      if (Array.isArray(value)) items(value, marks)
    })
  }
  return found
}

function namesMark(rules: Rules, linked: Linked): Mark | undefined {
  if (rules.others !== undefined) {
    return (_value, marks) => {
      marks.whole = true
    }
  }
  const declared = (rules.properties ?? []).map(([name]) => name)
  const matchers = (rules.patterns ?? []).map(([source]) => linked.pattern(source))
  if (declared.length === 0 && matchers.length === 0) return undefined
  return (value, marks) => {
    for (const name of declared) marks.names.add(name)
    if (matchers.length === 0) return
    for (const name in value) if (matchers.some((test) => test(name))) marks.names.add(name)
  }
}

type ItemsMark = (value: readonly unknown[], marks: Marks) => void

function itemsMark(rules: Rules, linked: Linked): ItemsMark | undefined {
  const before = rules.items === undefined ? (rules.prefix ?? []).length : Infinity
  const contains = rules.contains === undefined ? undefined : linked.verdict(rules.contains)
  if (before === 0 && contains === undefined) return undefined
  return (value, marks) => {
    marks.itemsBefore = Math.max(marks.itemsBefore, before)
    if (contains === undefined) return
    for (let at = 0; at < value.length; at++) if (contains(value[at])) marks.items.add(at)
  }
}

/** The unevaluated rules of a node, to be run after its other rules have passed. */
export function evaluatedTest(rules: Rules, linked: Linked): Verdict | undefined {
  const { unevaluatedProperties: names, unevaluatedItems: items } = rules
  if (names === undefined && items === undefined) return undefined
  const mark = linked.mark(rules)
  const nameTest = names === undefined ? undefined : linked.verdict(names)
  const itemTest = items === undefined ? undefined : linked.verdict(items)
  return (value) => {
    if (typeof value !== 'object' || value === null) return true
    const test = Array.isArray(value) ? itemTest : nameTest
    if (test === undefined) return true
    return everyLeftOver(value, covered(mark, value), (_name, one) => test(one))
  }
}

export function covered(mark: Mark, value: object): Marks {
  const marks: Marks = { whole: false, names: new Set(), itemsBefore: 0, items: new Set() }
  mark(value, marks)
  return marks
}

/** Visits what the marks do not cover, until a visit says no. */
export function everyLeftOver(
  value: object,
  marks: Marks,
  visit: (name: string | number, item: unknown) => boolean,
): boolean {
  if (marks.whole) return true
  if (Array.isArray(value)) {
    for (let at = marks.itemsBefore; at < value.length; at++) {
      if (!marks.items.has(at) && !visit(at, value[at])) return false
    }
    return true
  }
  const object = value as Record<string, unknown>
  for (const name in object) {
    if (!marks.names.has(name) && !visit(name, object[name])) return false
  }
  return true
}
