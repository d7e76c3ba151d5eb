// Policies in shadow: the same steps without a say. What they would have refused is noted, what
// they would have changed is not.
import { type Refusal, refuse } from '../base.ts'
import type { BodyWatch, Exchange, Step, Verdict } from '../http.ts'
import type { LinkedSteps, MappedFields } from '../policy.ts'
import type { ShadowNote } from '../telemetry.ts'
import type { NamedPolicy } from './step-names.ts'

/** An exchange as a policy in shadow sees it: what would have been refused is noted there. */
export interface Shadowing extends Exchange {
  noteShadow(by: NamedPolicy, refusal: Refusal): void
}

export const noShadows: readonly ShadowNote[] = Object.freeze([])

/** Once for each policy: what it said first. */
export function withShadow(
  notes: readonly ShadowNote[],
  { policy, at }: NamedPolicy,
  refusal: Refusal,
): readonly ShadowNote[] {
  return notes.some((one) => one.policy === policy) ? notes : [...notes, { policy, at, refusal }]
}

type Bug = (error: unknown) => void

/** A policy in shadow edits nothing; how its look at replies is silenced, `reply-checks` knows. */
export function inShadow(by: NamedPolicy, linked: LinkedSteps, bug: Bug): LinkedSteps {
  const { admit, check, content, prepare, watch, verify, mapped, tunnel } = linked
  return {
    ...(admit && { admit: shadow(by, admit, bug) }),
    ...(check && { check: shadow(by, check, bug) }),
    ...(content && { content: shadow(by, content, bug) }),
    ...(prepare && { prepare: shadow(by, prepare, bug) }),
    ...(watch && { watch: watchInShadow(by, watch, bug) }),
    ...(verify && { verify }),
    ...(mapped && { mapped: mappedInShadow(by, mapped, bug) }),
    // What is open stays open: of messages it notes what it would have refused.
    ...(tunnel && { tunnel }),
  }
}

/** What it throws is a bug like any other, but costs the exchange nothing. */
export function shadow(by: NamedPolicy, step: Step, bug: Bug): Step {
  const note = (exchange: Exchange, verdict: Verdict): undefined => {
    if (verdict !== undefined) (exchange as Shadowing).noteShadow(by, verdict)
  }
  const contain = (error: unknown): undefined => {
    bug(error)
  }
  return (exchange) => {
    try {
      const verdict = step(untouchable(exchange))
      return verdict instanceof Promise
        ? verdict.then((late) => note(exchange, late)).catch(contain)
        : note(exchange, verdict)
    } catch (error) {
      return contain(error)
    }
  }
}

/** What a step sets of it nobody sees. */
export function untouchable(exchange: Exchange): Exchange {
  return Object.create(exchange, {
    query: { value: exchange.query, writable: true },
    path: { value: exchange.path, writable: true },
    upstreamHost: { value: exchange.upstreamHost, writable: true },
    sentTo: { value: exchange.sentTo },
    setField: { value: () => undefined },
  }) as Exchange
}

type Watch = NonNullable<LinkedSteps['watch']>

const watchInShadow =
  (by: NamedPolicy, watch: Watch, bug: Bug): Watch =>
  (exchange) => {
    try {
      const own = watch(untouchable(exchange))
      return own && silent(own, (refusal) => (exchange as Shadowing).noteShadow(by, refusal), bug)
    } catch (error) {
      return void bug(error)
    }
  }

/** The same look without a say: its first verdict, or what it throws, is its last. */
export function silent(own: BodyWatch, note: (refusal: Refusal) => void, bug: Bug): BodyWatch {
  let isOver = false
  let kept = 0
  const look = (verdictOf: () => Verdict): undefined => {
    if (isOver) return
    try {
      const verdict = verdictOf()
      if (verdict === undefined) return
      note(verdict)
    } catch (error) {
      bug(error)
    }
    isOver = true
  }
  return {
    piece: (piece) => look(() => own.piece(piece)),
    end: () => look(() => own.end()),
    get heldBytes() {
      if (isOver) return kept
      try {
        kept = own.heldBytes ?? 0
      } catch (error) {
        bug(error)
        isOver = true
      }
      return kept
    },
  }
}

const mappedInShadow = (by: NamedPolicy, { names, map }: MappedFields, bug: Bug): MappedFields => ({
  names,
  map(lowerName, value, exchange) {
    try {
      if (map(lowerName, value, untouchable(exchange)) !== value) {
        const reason = `the field ${lowerName} would not be sent as it came`
        const refusal = refuse('UPSTREAM_INVALID_REPLY', undefined, { reason })
        ;(exchange as Shadowing).noteShadow(by, refusal)
      }
    } catch (error) {
      bug(error)
    }
    return value
  },
})
