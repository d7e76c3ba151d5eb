// Turns plan nodes into checks: closures, each made for its own rules when it is first needed, so
// that a large contract costs what its traffic touches. No code is generated.
//
// Recursion is bounded twice. An edge that leads back (a schema that holds itself) or that lies
// deep in the plan is a gate: it counts how deep the check is and how many steps it took. Whoever
// goes beyond is refused as `too_deep` or `too_costly`, never with a stack overflow. Alternatives
// inside alternatives ask the same of the same value again and again, 2ⁿ times at depth n; so
// after some thousand steps a gate remembers its verdicts for the rest of the check.
import { assert, keeping, type Listed } from '../base.ts'
import { arrayTest } from './arrays.ts'
import { brokenBound, TooCostly, TooDeep } from './bounds.ts'
import { byType } from './by-type.ts'
import { isAmong } from './equal.ts'
import { evaluatedTest, Marker } from './evaluated.ts'
import { explain } from './explain.ts'
import { numberFormat } from './format.ts'
import { schemaIssues } from './issues.ts'
import { numberTest } from './numbers.ts'
import { objectTest } from './objects.ts'
import { linkPattern } from './pattern.ts'
import type { PlanNode, Rules } from './plan.ts'
import { stringTest } from './strings.ts'
import type { Check, LinkedSchemas, SchemaError, SchemaPlan } from './types.ts'
import type { Linked, LinkNode, TextTest, Verdict } from './verdict.ts'

export interface LinkBounds {
  /** How often one check may pass a recursive reference. */
  readonly stepsMax?: number
}

/** A body of 1 MiB has at most half as many values. */
const stepsMaxDefault = 1_000_000

/**
 * What our own matcher may look at in one check, all texts and patterns together: at most 16 ms.
 * A body of 1 MiB may pass it once.
 */
const looksMax = 1_200_000

/** Fewer steps are cheaper done than remembered. */
const forgetfulSteps = 5_000

/**
 * Closures inside each other. A main thread's stack of 984 kB ends at two to three times this
 * many (measured on three schemas), and 512 levels of a value fit into it.
 */
const depthMax = 6_000

/** What a gate itself adds. */
const gateWeight = 2

/** Longest path of closures without a gate. */
const ungatedMax = 50

/**
 * Gives the check of a schema by its number. Properties that are `readOnly` in a request, or
 * `writeOnly` in a reply, are refused unless they are to pass.
 */
export function linkSchemas(plan: SchemaPlan, bounds: LinkBounds = {}): LinkedSchemas {
  // The plan is this room's own: what it holds was made by the compiler.
  const nodes = plan.nodes as Listed<PlanNode>
  // Errors are explained from the nodes, so what was read once is kept.
  const node = keeping((id: number) => nodes.at(id)!)
  const linker = (keepsBack: boolean) =>
    new Linker(node, nodes.length, keepsBack, bounds.stepsMax ?? stepsMaxDefault)
  const strict = linker(true)
  let lenient: Linker | undefined
  return (id, oneWay = 'refuse') => {
    return oneWay === 'refuse' ? strict.check(id) : (lenient ??= linker(false)).check(id)
  }
}

class Linker implements Linked {
  readonly node: Linked['node']
  readonly keepsBack: boolean
  readonly #count: number
  readonly mark: Linked['mark']
  readonly verdict: LinkNode = (id) => this.#link(id)
  readonly pattern: Linked['pattern'] = (source) => this.#pattern(source)
  readonly #patterns = new Map<string, TextTest>()
  readonly #stepsMax: number
  readonly #verdicts: (Verdict | undefined)[] = []
  readonly #checks: (Check | undefined)[] = []
  /** Nodes being linked → how many closures are around them. */
  readonly #open = new Map<number, number>()
  #depth = 0
  #steps = 0
  #looks = 0
  readonly #look = (looks: number): void => {
    this.#looks += looks
    if (this.#looks > looksMax) throw new TooCostly('matching patterns takes too long')
  }
  /** What gates remember of the check that runs. */
  readonly #memories: Map<unknown, boolean>[] = []

  constructor(node: Linked['node'], count: number, keepsBack: boolean, stepsMax: number) {
    this.node = node
    this.#count = count
    this.keepsBack = keepsBack
    const marker = new Marker(this)
    this.mark = (rules) => marker.mark(rules)
    this.#stepsMax = stepsMax
  }

  check(id: number): Check {
    assert(id >= 0 && id < this.#count, 'a schema number comes from the plan it is linked with')
    this.#checks[id] ??= {
      valid: (value) => this.#outcome(this.#verdicts[id] ?? this.#link(id), value) === true,
      errors: (value, max) => this.#errors(id, value, max),
    }
    return this.#checks[id]
  }

  /** The verdict, or the bound that it broke. */
  #outcome(verdict: Verdict, value: unknown): boolean | 'too_deep' | 'too_costly' {
    this.#depth = 0
    this.#steps = 0
    this.#looks = 0
    try {
      return verdict(value)
    } catch (error) {
      const issue = brokenBound(error)
      if (issue === undefined) throw error
      return issue
    } finally {
      if (this.#steps > forgetfulSteps) this.#forget()
    }
  }

  #errors(id: number, value: unknown, max: number): SchemaError[] {
    const outcome = this.#outcome(this.#link(id), value)
    if (outcome === true || max < 1) return []
    if (outcome !== false) return [{ pointer: '', issue: outcome, message: schemaIssues[outcome] }]
    this.#depth = 0
    this.#steps = 0
    this.#looks = 0
    const errors = explain(this, id, value, max)
    this.#forget()
    assert(errors.length > 0, 'what a check refuses has an explanation')
    return errors
  }

  #pattern(source: string): TextTest {
    const test = this.#patterns.get(source) ?? linkPattern(source, this.#look)
    this.#patterns.set(source, test)
    return test
  }

  #forget(): void {
    for (const memory of this.#memories) memory.clear()
    this.#memories.length = 0
  }

  #link(id: number): Verdict {
    const known = this.#verdicts[id]
    if (known !== undefined) return known
    const node = this.node(id)
    if (typeof node === 'number') return this.#link(node)
    if (typeof node !== 'object') return node === false ? never : always
    const around = this.#open.size
    const opened = this.#open.get(id)
    if (opened !== undefined) return this.#gate(id, around - opened + gateWeight)
    if (around >= ungatedMax) return this.#gate(id, ungatedMax + gateWeight)
    this.#open.set(id, around)
    try {
      const verdict = verdictOf(node, this)
      this.#verdicts[id] = verdict
      return verdict
    } finally {
      this.#open.delete(id)
    }
  }

  /** `weight`: closures since the last gate, and the gate. The node behind it is linked when it is first used. */
  #gate(id: number, weight: number): Verdict {
    let behind: Verdict | undefined
    const memory = new Map<unknown, boolean>()
    const pass: Verdict = (value) => {
      if (this.#depth > depthMax) throw new TooDeep('the check is too deep')
      if (++this.#steps > this.#stepsMax) throw new TooCostly('the check takes too many steps')
      behind ??= this.#linkApart(id)
      this.#depth += weight
      const verdict = behind(value)
      this.#depth -= weight
      return verdict
    }
    return (value) => {
      if (this.#steps < forgetfulSteps || typeof value !== 'object') return pass(value)
      const known = memory.get(value)
      if (known !== undefined) return known
      const verdict = pass(value)
      if (memory.size === 0) this.#memories.push(memory)
      memory.set(value, verdict)
      return verdict
    }
  }

  #linkApart(id: number): Verdict {
    assert(this.#open.size === 0, 'nothing is linked while something is being linked')
    return this.#link(id)
  }
}

const always: Verdict = () => true
const never: Verdict = () => false

function verdictOf(rules: Rules, linked: Linked): Verdict {
  const tests: Verdict[] = []
  const { verdict } = linked
  const typed = byType(rules.types, {
    string: stringTest(rules, linked),
    number: bothTests(numberTest(rules), numberFormat(rules.format ?? '')),
    array: arrayTest(rules, verdict),
    object: objectTest(rules, linked),
  })
  if (typed !== undefined) tests.push(typed)
  if (rules.const !== undefined) tests.push(isAmong([rules.const]))
  if (rules.enum !== undefined) tests.push(isAmong(rules.enum))
  tests.push(...alternatives(rules, verdict))
  const evaluated = evaluatedTest(rules, linked)
  if (evaluated !== undefined) tests.push(evaluated)
  return every(tests)
}

type NumberVerdict = ((value: number) => boolean) | undefined

function bothTests(one: NumberVerdict, other: NumberVerdict): NumberVerdict {
  if (one === undefined || other === undefined) return one ?? other
  return (value) => one(value) && other(value)
}

function every(tests: readonly Verdict[]): Verdict {
  const [first, second, third] = tests
  if (first === undefined) return always
  if (second === undefined) return first
  if (third === undefined) return (value) => first(value) && second(value)
  return (value) => {
    for (const test of tests) if (!test(value)) return false
    return true
  }
}

/** Rules that hold other schemas against the same value. */
function alternatives(rules: Rules, link: LinkNode): Verdict[] {
  const tests = (rules.all ?? []).map(link)
  if (rules.any !== undefined) tests.push(anyOf(rules.any.map(link)))
  if (rules.one !== undefined) tests.push(oneOf(rules.one.map(link)))
  if (rules.not !== undefined) tests.push(not(link(rules.not)))
  if (rules.if !== undefined) tests.push(conditional(rules, rules.if, link))
  for (const [name, id] of rules.implies ?? []) tests.push(implies(name, link(id)))
  return tests
}

const not =
  (test: Verdict): Verdict =>
  (value) =>
    !test(value)

function anyOf(tests: readonly Verdict[]): Verdict {
  return (value) => {
    for (const test of tests) if (test(value)) return true
    return false
  }
}

function oneOf(tests: readonly Verdict[]): Verdict {
  return (value) => {
    let matches = 0
    for (const test of tests) if (test(value) && ++matches > 1) return false
    return matches === 1
  }
}

function conditional(rules: Rules, condition: number, link: LinkNode): Verdict {
  const test = link(condition)
  const yes = rules.then === undefined ? always : link(rules.then)
  const no = rules.else === undefined ? always : link(rules.else)
  return (value) => (test(value) ? yes(value) : no(value))
}

function implies(name: string, test: Verdict): Verdict {
  return (value) =>
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    !Object.hasOwn(value, name) ||
    test(value)
}
