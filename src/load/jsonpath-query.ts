// What a JSONPath query (RFC 9535) says, as data.

export interface Query {
  /** `$` or `@`. */
  readonly from: 'root' | 'here'
  readonly segments: readonly Segment[]
}

export interface Segment {
  /** `..`: of the node and everything below it. */
  readonly deep: boolean
  readonly selectors: readonly Selector[]
}

export type Selector =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'wildcard' }
  | {
      readonly kind: 'slice'
      readonly start: number | undefined
      readonly end: number | undefined
      readonly step: number
    }
  | { readonly kind: 'filter'; readonly test: Test }

export type Test =
  | { readonly kind: 'any'; readonly tests: readonly Test[] }
  | { readonly kind: 'all'; readonly tests: readonly Test[] }
  | { readonly kind: 'not'; readonly test: Test }
  | { readonly kind: 'exists'; readonly query: Query }
  | {
      readonly kind: 'compare'
      readonly operator: Operator
      readonly left: Operand
      readonly right: Operand
    }
  | TextTest

/** `match` looks at the whole text, `search` anywhere in it. */
export interface TextTest {
  readonly kind: 'match' | 'search'
  readonly text: Operand
  readonly pattern: Operand
}

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>='

/** What has one value, or none. */
export type Operand =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  /** Of a query that selects one node at most, or by `value()`. */
  | { readonly kind: 'node'; readonly query: Query }
  | { readonly kind: 'count'; readonly query: Query }
  | { readonly kind: 'length'; readonly of: Operand }

/** Whether a query can never select more than one node. */
export const isSingular = ({ segments }: Query): boolean =>
  segments.every(
    ({ deep, selectors: [first, ...more] }) =>
      !deep && more.length === 0 && (first?.kind === 'name' || first?.kind === 'index'),
  )
