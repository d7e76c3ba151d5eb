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
  for (const step of [admit, check, content, prepare]) {
    if (step !== undefined) names.set(step, by)
  }
  return steps
}

/** Undefined for a step that is of no policy. */
export const policyOfStep = (step: Step): NamedPolicy | undefined => names.get(step)
