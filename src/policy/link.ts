// A policy linked, whatever its phase: the steps that it takes part with.
import type { LinkedSteps, Tools } from './policy.ts'
import type { AnyPolicy } from './registry.ts'

export function linkSteps(policy: AnyPolicy, plan: unknown, tools: Tools): LinkedSteps {
  switch (policy.phase) {
    case 'several':
      return policy.link(plan, tools)
    case 'finish': {
      const linked = policy.link(plan, tools)
      return typeof linked === 'function' ? { finish: linked } : { edit: linked }
    }
    default:
      return { [policy.phase]: policy.link(plan, tools) }
  }
}
