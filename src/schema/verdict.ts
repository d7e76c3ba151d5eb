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

export type TextTest = (text: string) => boolean

/** What linking one node, or explaining, needs of the rest. */
export interface Linked {
  readonly node: (id: number) => PlanNode
  readonly verdict: LinkNode
  /** The matcher of a pattern: one for all schemas that write it. */
  readonly pattern: (source: string) => TextTest
  /** Whether properties that go the other way alone must not be there. */
  readonly keepsBack: boolean
  /** What the rules of a node cover, its unevaluated ones left out. */
  readonly mark: (rules: Rules) => Mark
}
