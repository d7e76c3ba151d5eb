// Selects nodes of data by JSONPath (RFC 9535). Our own, for the query is a program from outside:
// every step is counted against a bound, patterns are matched in linear time, and no depth of data
// costs stack.
import { linkPattern, patternFault } from '../schema.ts'
import { type Budget, Exhausted, overlayBounds } from './budget.ts'
import { compares } from './jsonpath-compare.ts'
import type { Operand, Query, Segment, Selector, Test, TextTest } from './jsonpath-query.ts'

/** A value and the way to it. */
export interface Node {
  readonly value: unknown
  readonly key: string | number
  /** Undefined for the root, whose key means nothing. */
  readonly above: Node | undefined
}

/** Undefined: there is no value. */
type Value = { readonly is: unknown } | undefined

export function select(query: Query, root: unknown, budget: Budget): Node[] {
  return new Selection(root, budget).nodes(query, root)
}

/** The keys from the root to a node. */
export function pathOf(node: Node): (string | number)[] {
  const path: (string | number)[] = []
  for (let at = node; at.above !== undefined; at = at.above) path.push(at.key)
  return path.toReversed()
}

class Selection {
  readonly #root: unknown
  readonly #budget: Budget
  readonly #patterns = new Map<string, (text: string) => boolean>()

  constructor(root: unknown, budget: Budget) {
    this.#root = root
    this.#budget = budget
  }

  nodes({ from, segments }: Query, here: unknown): Node[] {
    const start: Node = { value: from === 'root' ? this.#root : here, key: '', above: undefined }
    let nodes = [start]
    for (const segment of segments) nodes = this.#segment(segment, nodes)
    return nodes
  }

  #segment({ deep, selectors }: Segment, nodes: readonly Node[]): Node[] {
    const found: Node[] = []
    for (const node of nodes) {
      for (const one of deep ? this.#downwards(node) : [node]) {
        for (const selector of selectors) this.#select(selector, one, found)
      }
    }
    return found
  }

  /** The node and all below it, each before those that it holds. */
  *#downwards(node: Node): Generator<Node> {
    const waiting = [node]
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      yield one
      const children = this.#children(one)
      for (let at = children.length - 1; at >= 0; at--) waiting.push(children[at]!)
    }
  }

  #children(above: Node): Node[] {
    const { value } = above
    if (typeof value !== 'object' || value === null) return []
    const children = Array.isArray(value)
      ? value.map((item: unknown, key): Node => ({ value: item, key, above }))
      : Object.keys(value).map((key): Node => ({ value: member(value, key), key, above }))
    this.#budget.spend(children.length)
    return children
  }

  #select(selector: Selector, node: Node, found: Node[]): void {
    const { value } = node
    if (typeof value !== 'object' || value === null) return
    switch (selector.kind) {
      case 'name':
        if (Array.isArray(value) || !Object.hasOwn(value, selector.name)) return
        return this.#found(selector.name, member(value, selector.name), node, found)
      case 'wildcard':
        for (const child of this.#children(node)) this.#push(child, found)
        return
      case 'filter':
        for (const child of this.#children(node)) {
          if (this.#test(selector.test, child.value)) this.#push(child, found)
        }
        return
      default:
        if (!Array.isArray(value)) return
        for (const index of indices(selector, value.length)) {
          this.#found(index, value[index], node, found)
        }
    }
  }

  #found(key: string | number, value: unknown, above: Node, found: Node[]): void {
    this.#push({ value, key, above }, found)
  }

  #push(node: Node, found: Node[]): void {
    this.#budget.spend(1)
    if (found.length >= overlayBounds.nodesMax) {
      throw new Exhausted(`it selects more than ${overlayBounds.nodesMax} nodes`)
    }
    found.push(node)
  }

  #test(test: Test, here: unknown): boolean {
    this.#budget.spend(1)
    switch (test.kind) {
      case 'any':
        return test.tests.some((one) => this.#test(one, here))
      case 'all':
        return test.tests.every((one) => this.#test(one, here))
      case 'not':
        return !this.#test(test.test, here)
      case 'exists':
        return this.nodes(test.query, here).length > 0
      case 'compare': {
        const [left, right] = [this.#value(test.left, here), this.#value(test.right, here)]
        return compares(test.operator, left, right, this.#budget)
      }
      default:
        return this.#matches(test, here)
    }
  }

  #value(operand: Operand, here: unknown): Value {
    switch (operand.kind) {
      case 'literal':
        return { is: operand.value }
      case 'count':
        return { is: this.nodes(operand.query, here).length }
      case 'length':
        return lengthOf(this.#value(operand.of, here))
      default: {
        const nodes = this.nodes(operand.query, here)
        return nodes.length === 1 ? { is: nodes[0]!.value } : undefined
      }
    }
  }

  #matches({ kind, text, pattern }: TextTest, here: unknown): boolean {
    const subject = this.#value(text, here)?.is
    const source = this.#value(pattern, here)?.is
    if (typeof subject !== 'string' || typeof source !== 'string') return false
    this.#budget.spend(subject.length)
    return this.#pattern(kind, source)(subject)
  }

  #pattern(kind: TextTest['kind'], source: string): (text: string) => boolean {
    const key = `${kind} ${source}`
    const known = this.#patterns.get(key)
    if (known !== undefined) return known
    this.#budget.spend(patternSteps)
    const made = this.#linked(kind, source)
    this.#patterns.set(key, made)
    return made
  }

  #linked(kind: TextTest['kind'], source: string): (text: string) => boolean {
    const inner = ecmaPattern(source)
    // RFC 9535: what is no I-Regexp matches nothing.
    if (inner === undefined) return () => false
    const whole = kind === 'match' ? `^(?:${inner})$` : inner
    const fault = patternFault(whole)
    if (fault !== undefined) throw new Exhausted(`${JSON.stringify(source)}: ${fault}`)
    return linkPattern(whole, (looks) => this.#budget.spend(looks))
  }
}

/** What it costs to read and to prove a pattern, in steps. */
const patternSteps = 10_000

const member = (object: object, key: string): unknown => (object as Record<string, unknown>)[key]

function* indices(
  selector: Extract<Selector, { kind: 'index' | 'slice' }>,
  length: number,
): Generator<number> {
  if (selector.kind === 'index') {
    const index = selector.index < 0 ? length + selector.index : selector.index
    if (index >= 0 && index < length) yield index
    return
  }
  const { step } = selector
  if (step === 0) return
  const within = (index: number | undefined, least: number, most: number, other: number) =>
    index === undefined
      ? other
      : Math.min(Math.max(index < 0 ? length + index : index, least), most)
  if (step > 0) {
    const end = within(selector.end, 0, length, length)
    for (let at = within(selector.start, 0, length, 0); at < end; at += step) yield at
  } else {
    const end = within(selector.end, -1, length - 1, -1)
    for (let at = within(selector.start, -1, length - 1, length - 1); at > end; at += step) yield at
  }
}

function lengthOf(value: Value): Value {
  if (value === undefined) return undefined
  const { is } = value
  if (typeof is === 'string') return { is: [...is].length }
  if (Array.isArray(is)) return { is: is.length }
  return typeof is === 'object' && is !== null ? { is: Object.keys(is).length } : undefined
}

/**
 * An I-Regexp (RFC 9485) as ECMAScript writes it: a dot is anything but CR and LF. Undefined where
 * it is none.
 */
function ecmaPattern(source: string): string | undefined {
  let pattern = ''
  for (const [part] of source.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|[^]/gsu)) {
    pattern += part === '.' ? '[^\\n\\r]' : part
  }
  try {
    return RegExp(pattern, 'u').source
  } catch {
    return undefined
  }
}
