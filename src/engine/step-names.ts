// Which policy a step belongs to: asked only where one has refused, so that steps stay functions.
import type { Step } from '../http.ts'
import type { LinkedSteps } from '../policy.ts'

/** A policy by its id, and its place among those of its operation, which may hold it twice. */
export interface NamedPolicy {
  readonly policy: string
  readonly at?: number
  readonly isShadow?: boolean
}

const names = new WeakMap<Step, NamedPolicy>()

export function namedSteps(by: NamedPolicy, steps: LinkedSteps): LinkedSteps {
  const { admit, check, content, prepare } = steps
  return {
    ...steps,
    ...(admit && { admit: named(admit, by) }),
    ...(check && { check: named(check, by) }),
    ...(content && { content: named(content, by) }),
    ...(prepare && { prepare: named(prepare, by) }),
  }
}

/** A policy may give one function for all its operations, and each of these has a name of its own. */
function named(step: Step, by: NamedPolicy): Step {
  const own: Step = names.has(step) ? (exchange) => step(exchange) : step
  names.set(own, by)
  return own
}

/** Undefined for a step that is of no policy. */
export const policyOfStep = (step: Step): NamedPolicy | undefined => names.get(step)
