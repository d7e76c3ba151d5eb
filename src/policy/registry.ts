// Every policy there is. Within a phase they run in this order: what is cheap and protects the
// rest comes first.
import { auth } from './auth.ts'
import { ip } from './ip.ts'
import { limit } from './limit.ts'
import type { Policy } from './policy.ts'
import { secureHeaders } from './secure-headers.ts'
import { validation } from './validation.ts'

/** A policy whose own types are forgotten: what it compiles goes only back to itself. */
export type AnyPolicy = Policy<unknown, unknown>

const known = <Config, Plan>(policy: Policy<Config, Plan>): AnyPolicy =>
  policy as unknown as AnyPolicy

export const policies: readonly AnyPolicy[] = [
  known(ip),
  known(limit),
  known(auth),
  known(validation),
  known(secureHeaders),
]

export const policyById: ReadonlyMap<string, AnyPolicy> = new Map(
  policies.map((policy) => [policy.id, policy]),
)
