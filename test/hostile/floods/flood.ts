// One flood: what an attacker does over and over until somebody stops it, and how it must end.
import type { Arena } from './arena.ts'

export interface Flood {
  readonly name: string
  /** What the gateway says in ending it, or how it ends where nothing can be said. */
  readonly ends: RegExp
  /** Whether nothing but time ends it, and many such may go on side by side. */
  readonly isSlow?: boolean
  /** One round, from the first connection to the last one closed; what the attacker was told. */
  readonly attack: (arena: Arena) => Promise<string>
}

/** Whoever says more than is read behind the last word for it is cut, and may not hear it. */
export const isEnded = ({ ends }: Flood, told: string): boolean => ends.test(told) || told === 'cut'
