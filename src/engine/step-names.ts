// Which policy a step belongs to: asked only where one has refused, so that steps stay functions.
import type { Step } from '../http.ts'
import type { LinkedSteps } from '../policy.ts'

const names = new WeakMap<Step, string>()

export function namedSteps(policy: string, steps: LinkedSteps): LinkedSteps {
  const { admit, check, content, prepare } = steps
  for (const step of [admit, check, content, prepare]) {
    if (step !== undefined) names.set(step, policy)
  }
  return steps
}

/** Undefined for a step that is of no policy. */
export const policyOfStep = (step: Step): string | undefined => names.get(step)
