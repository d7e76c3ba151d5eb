// All the rules that one value has to follow at once: schemas with their references followed and
// one way chosen through every `oneOf`, `anyOf` and `if`, each rule still apart.
import type { PlanNode, Rules } from '../schema.ts'
import type { RawSchema, Schemas } from './schemas.ts'

/** Rules in order of discovery, and what the author of the schemas says that a value looks like. */
export interface Conjunction {
  readonly rules: readonly Rules[]
  /** From `example`, `examples` and `default`; none of them is checked yet. */
  readonly hints: readonly unknown[]
  /** What a property must hold so that a discriminator tells the chosen alternative. */
  readonly tags: ReadonlyMap<string, unknown>
  /** Whether another choice would have given other rules. */
  readonly isOneOfSeveral: boolean
  /** A schema on the way accepts nothing. */
  readonly isNever: boolean
}

/** Which of several alternatives, best first when it is asked for the first time. */
export type Choose = (alternatives: readonly number[]) => number

interface Gathering {
  readonly rules: Rules[]
  readonly hints: unknown[]
  readonly tags: Map<string, unknown>
  readonly visited: Set<number>
  isOneOfSeveral: boolean
  isNever: boolean
}

export function conjunctionOf(
  schemas: Schemas,
  numbers: readonly number[],
  choose: Choose,
): Conjunction {
  const gathering: Gathering = {
    rules: [],
    hints: [],
    tags: new Map(),
    visited: new Set(),
    isOneOfSeveral: false,
    isNever: false,
  }
  for (const number of numbers) gather(schemas, number, choose, gathering)
  return gathering
}

function gather(schemas: Schemas, start: number, choose: Choose, into: Gathering): void {
  const node = resolve(schemas, start, into)
  if (node === false) into.isNever = true
  if (typeof node !== 'object') return
  const { rules } = node
  if (into.visited.has(node.number)) return
  into.visited.add(node.number)
  into.rules.push(rules)
  const go = (number: number) => gather(schemas, number, choose, into)
  for (const one of rules.all ?? []) go(one)
  for (const several of [rules.any, rules.one]) {
    if (several !== undefined) go(chosen(several, rules, choose, into))
  }
  if (rules.if !== undefined) conditional(rules, rules.if, choose, into).forEach(go)
}

function chosen(several: readonly number[], rules: Rules, choose: Choose, into: Gathering): number {
  if (several.length > 1) into.isOneOfSeveral = true
  const index = several.length === 1 ? 0 : choose(several)
  const { discriminator } = rules
  const value = discriminator?.branches.find(([, branch]) => branch === index)?.[0]
  if (discriminator && value !== undefined) into.tags.set(discriminator.property, value)
  return several[index]!
}

/** Either the condition and what follows from it, or what follows where it does not hold. */
function conditional(rules: Rules, condition: number, choose: Choose, into: Gathering): number[] {
  into.isOneOfSeveral = true
  const { then: yes, else: no } = rules
  const holds = choose([condition, no ?? condition]) === 0
  const found = holds ? [condition, yes] : [no]
  return found.filter((one) => one !== undefined)
}

/**
 * Through references to rules. Equal schemas are one node: what its author says of the one schema
 * is said of another only where that refers to it.
 */
function resolve(
  { node, raw }: Schemas,
  start: number,
  { hints }: Gathering,
): boolean | { number: number; rules: Rules } {
  let isMeant = true
  for (let number = start; ;) {
    const written = raw(number)
    if (isMeant && written !== undefined) hints.push(...hintsOf(written))
    const found: PlanNode = node(number)
    if (typeof found === 'boolean') return found
    if (typeof found === 'object') return { number, rules: found }
    isMeant &&= written !== undefined && refers(written)
    number = found
  }
}

const referring = ['$ref', '$dynamicRef', 'allOf']

const refers = (written: RawSchema): boolean =>
  referring.some((keyword) => Object.hasOwn(written, keyword))

function hintsOf(written: RawSchema): unknown[] {
  const { example, examples } = written
  const found: unknown[] = Array.isArray(examples) ? [...examples] : []
  if (example !== undefined) found.unshift(example)
  if (written['default'] !== undefined) found.push(written['default'])
  return found
}
