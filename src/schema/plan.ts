// What a schema means, whatever dialect it was written in. A node is plain JSON: references are
// numbers into the list, maps are lists of pairs (a property may be called `__proto__`), and a
// keyword that checks nothing is not there.

export type PlanNode =
  | boolean
  /** The same as the node of that number: one of two equal schemas. */
  | number
  | Rules

export interface Rules {
  /** Bits of `typeBits`. */
  types?: number
  enum?: readonly unknown[]
  const?: unknown

  min?: number
  max?: number
  above?: number
  below?: number
  step?: number

  lengthMin?: number
  lengthMax?: number
  pattern?: string
  format?: string

  itemsMin?: number
  itemsMax?: number
  unique?: true
  prefix?: readonly number[]
  /** For the items after `prefix`. */
  items?: number
  contains?: number
  containsMin?: number
  containsMax?: number
  unevaluatedItems?: number

  propertiesMin?: number
  propertiesMax?: number
  required?: readonly string[]
  properties?: readonly (readonly [string, number])[]
  patterns?: readonly (readonly [string, number])[]
  /** For properties that neither `properties` nor `patterns` names. */
  others?: number
  names?: number
  /** Properties that must not be there, where that is enforced: of a request, and of a reply. */
  readOnly?: readonly string[]
  writeOnly?: readonly string[]
  needs?: readonly (readonly [string, readonly string[]])[]
  implies?: readonly (readonly [string, number])[]
  unevaluatedProperties?: number

  /** `$ref`, `$dynamicRef` and `allOf` alike. */
  all?: readonly number[]
  any?: readonly number[]
  one?: readonly number[]
  not?: number
  if?: number
  then?: number
  else?: number

  /** For messages only: which property tells the alternatives of `any` or `one` apart. */
  discriminator?: Discriminator
}

export interface Discriminator {
  readonly property: string
  /** Value of the property → index of the alternative. */
  readonly branches: readonly (readonly [string, number])[]
  /** The alternative that is meant where the property is missing, or names none. */
  readonly fallback?: number
}

export const typeBits = {
  null: 1,
  boolean: 2,
  integer: 4,
  number: 8,
  string: 16,
  array: 32,
  object: 64,
} as const

export type TypeName = keyof typeof typeBits

/** Fields whose schemas look at the same value, not at a part of it. */
export function sameValueNodes(rules: Rules): number[] {
  const found = [...(rules.all ?? []), ...(rules.any ?? []), ...(rules.one ?? [])]
  for (const one of [rules.not, rules.if, rules.then, rules.else]) {
    if (one !== undefined) found.push(one)
  }
  for (const [, one] of rules.implies ?? []) found.push(one)
  return found
}
