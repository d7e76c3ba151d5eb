// Which properties an object may and must have, by all of its rules together.
import { linkPattern, type Rules } from '../schema.ts'

export interface PropertyRules {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** Numbers of the schemas that a property of that name has to follow. */
  numbers(name: string): number[]
  /** Of names that are not listed: one that invites them. */
  readonly pattern: string | undefined
  /** Schemas that every name has to follow. */
  readonly names: readonly number[]
  /** No property is listed, but others are described: a map. */
  readonly isMap: boolean
}

export function propertiesOf(rules: readonly Rules[]): PropertyRules {
  const required = neededBy(rules, new Set(rules.flatMap((one) => one.required ?? [])))
  const listed = rules.flatMap((one) => (one.properties ?? []).map(([name]) => name))
  const optional = new Set(listed.filter((name) => !required.has(name)))
  const patterns = rules.flatMap((one) => (one.patterns ?? []).map(([pattern]) => pattern))
  return {
    required: [...required],
    optional: [...optional],
    numbers: (name) => rules.flatMap((one) => numbersOf(one, name)),
    pattern: patterns[0],
    names: rules.map((one) => one.names).filter((one) => one !== undefined),
    isMap:
      listed.length === 0 && (patterns.length > 0 || rules.some((one) => one.others !== undefined)),
  }
}

/** `dependentRequired`: what comes along with what is there. */
function neededBy(rules: readonly Rules[], required: Set<string>): Set<string> {
  const needs = rules.flatMap((one) => one.needs ?? [])
  // A set that grows while it is read: each name that joins brings its own.
  for (const name of required) {
    for (const [owner, names] of needs) {
      if (owner === name) names.forEach((one) => required.add(one))
    }
  }
  return required
}

function numbersOf(rules: Rules, name: string): number[] {
  const listed = (rules.properties ?? []).filter(([one]) => one === name)
  const matching = (rules.patterns ?? []).filter(([pattern]) => linkPattern(pattern)(name))
  const found = [...listed, ...matching].map(([, number]) => number)
  return found.length === 0 && rules.others !== undefined ? [rules.others] : found
}
