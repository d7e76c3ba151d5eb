// Rounds in turn (A B C A B C …): whatever else the machine does falls on all who are compared.
import { spread } from './stats.ts'
import type { Spread } from './stats.ts'

export interface Effort {
  readonly rounds: number
  readonly seconds: number
  /** A short run, to see that all works: it leaves out what takes long. */
  readonly quick: boolean
  /** Where files of this run may lie. */
  readonly folder: string
  readonly progress: (text: string) => void
}

/** What every subject gave in every round, subjects in the order they came in. */
export async function alternate<Subject, Round>(
  subjects: readonly Subject[],
  { rounds, progress }: Pick<Effort, 'rounds' | 'progress'>,
  what: string,
  measure: (subject: Subject) => Promise<Round>,
): Promise<Round[][]> {
  const found: Round[][] = subjects.map(() => [])
  for (let round = 1; round <= rounds; round += 1) {
    progress(`${what}, round ${round} of ${rounds}`)
    for (const [at, subject] of subjects.entries()) found[at]?.push(await measure(subject))
  }
  return found
}

/** Round by round, so that a slow minute of the machine stands in both its halves. */
export const ratios = (some: readonly number[], others: readonly number[]): Spread =>
  spread(some.map((value, round) => value / (others[round] ?? NaN)))
