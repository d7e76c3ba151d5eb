// The side that counts: in each thread of the data plane, in memory that the main thread reads when
// it is scraped. Counting costs tens of nanoseconds, allocates nothing but first uses, and says a word
// to the main thread at those alone.
import { eachOf, keeping, type Listed } from '../base.ts'
import {
  type Counted,
  type CountsNews,
  cellsOf,
  faultCodes,
  faultsAt,
  operationsMaxDefault,
  type ThreadTotals,
  threadTotals,
} from './news.ts'
import type { Observe, ObservedOperation } from './record.ts'
import { count, type Slot, Slots, type TakeCells } from './slots.ts'

export interface CountsSetup {
  /** Tells the main thread, in order. */
  readonly announce: (news: CountsNews) => void
  /** Operations that are counted by name; the rest is counted together. */
  readonly operationsMax?: number
}

export interface Counts {
  /** An observer for one snapshot. Counts of equal methods and templates go on from before. */
  bind(operations: Listed<ObservedOperation>): Observe
  /** What this thread has counted so far beside exchanges. */
  note(totals: ThreadTotals): void
}

export function createCounts({ announce, operationsMax }: CountsSetup): Counts {
  const take = cellTaker(announce)
  const own = take({ what: 'thread' })
  const faultCell = new Map(faultCodes.map((code, i) => [code, faultsAt + i]))
  const slots = new Slots(take, operationsMax ?? operationsMaxDefault)

  const bind = (operations: Listed<ObservedOperation>): Observe => {
    const templates = slots.renew(() => new Set(eachOf(operations).map(({ template }) => template)))
    if (templates !== undefined) announce({ news: 'renewed', templates })
    const boundTo = keeping((index): Bound => {
      const { method, template } = operations.at(index)!
      return { method, template, slot: undefined, age: 0 }
    })
    return (record) => {
      const { fault, operation: index, method } = record
      if (fault !== undefined) own[faultCell.get(fault)!]!++
      const bound = index < 0 ? undefined : boundTo(index)
      // HEAD reaches the operation of GET, and is counted apart from it.
      const slot =
        bound?.method === method ? slotOf(bound, slots) : slots.slot(method, bound?.template ?? '')
      count(slot, record, take)
    }
  }
  return {
    bind,
    note(totals) {
      for (const [i, name] of threadTotals.entries()) own[i] = totals[name]
    },
  }
}

/** An operation that was called, and where its own method was counted last. */
interface Bound {
  readonly method: string
  readonly template: string
  slot: Slot | undefined
  age: number
}

function slotOf(bound: Bound, slots: Slots): Slot {
  const { slot } = bound
  if (slot !== undefined && bound.age === slots.age) return slot
  bound.age = slots.age
  return (bound.slot = slots.slotOfContract(bound.method, bound.template))
}

/** Of 90 operations or so; pages that were not touched take no memory. */
const slabBytes = 256 * 1024

/** Gives cells one after the other, and more memory where it is used up. */
function cellTaker(announce: CountsSetup['announce']): TakeCells {
  let slab = new Float64Array(new SharedArrayBuffer(0))
  let next = 0
  return (of: Counted) => {
    const cells = cellsOf[of.what]
    if (next + cells > slab.length) {
      const memory = new SharedArrayBuffer(slabBytes)
      slab = new Float64Array(memory)
      next = 0
      announce({ news: 'slab', memory })
    }
    announce({ news: 'cells', at: next, of })
    next += cells
    return slab.subarray(next - cells, next)
  }
}
