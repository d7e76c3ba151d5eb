// The shapes that linking deals in.
import type { PlanNode, Rules } from './plan.ts'

export type Verdict = (value: unknown) => boolean

/** The verdict of the node of that number. */
export type LinkNode = (id: number) => Verdict

/** What the rules on a value cover, for those that look at the rest. */
export interface Marks {
  /** Every property is covered, or every item. */
  whole: boolean
  readonly names: Set<string>
  /** Items before this index are covered. */
  itemsBefore: number
  readonly items: Set<number>
}

export type Mark = (value: object, marks: Marks) => void

/** What explaining needs besides the plan. */
export interface Linked {
  readonly nodes: readonly PlanNode[]
  readonly verdict: LinkNode
  /** What the rules of a node cover, its unevaluated ones left out. */
  readonly mark: (rules: Rules) => Mark
}
