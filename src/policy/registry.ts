// Which policies there are. Within a phase they run in the order of their registry: of ours what is
// cheap and protects the rest comes first, and custom ones come after them.
import { assert } from '../base.ts'
import { auth } from './auth.ts'
import { eventStream } from './event-stream.ts'
import { headers } from './headers.ts'
import { ip } from './ip.ts'
import { limit } from './limit.ts'
import type { Mode, Policy } from './policy.ts'
import { replyValidation } from './reply-validation.ts'
import { rewrite } from './rewrite.ts'
import { secureHeaders } from './secure-headers.ts'
import { topology } from './topology.ts'
import { validation } from './validation.ts'
import { websocket } from './websocket.ts'

/** A policy whose own types are forgotten: what it compiles goes only back to itself. */
export type AnyPolicy = Policy<unknown, unknown>

/** Handed to whoever compiles or links: a gateway's own set, fixed for as long as a thread lives. */
export interface Registry {
  /** In order. */
  readonly policies: readonly AnyPolicy[]
  readonly byId: ReadonlyMap<string, AnyPolicy>
}

/** Ours by id, in order; without custom policies it is all there is. */
const own = {
  ip,
  limit,
  auth,
  websocket,
  validation,
  'reply-validation': replyValidation,
  rewrite,
  topology,
  'secure-headers': secureHeaders,
  headers,
  'event-stream': eventStream,
}

/** What a configuration may say of ours, and of custom ones whatever they understand. */
export type PolicySettings = {
  readonly [Id in keyof typeof own]?: (typeof own)[Id] extends Policy<infer Config, infer _Plan>
    ? AtOneLevel<Config>
    : never
} & { readonly [custom: string]: unknown }

/** A level may leave keys to the levels outside it. */
type AtOneLevel<Config> = Config extends object
  ? Partial<Config> & { readonly mode?: Mode }
  : Config

export const policies: readonly AnyPolicy[] = Object.entries(own).map(([id, policy]) => {
  assert(policy.id === id, `the policy ${policy.id} stands under its id`)
  return policy as unknown as AnyPolicy
})

export const ownRegistry: Registry = registryOf(policies)

/** Ours, and custom ones after them. Their ids differ. */
export function registryWith(custom: readonly AnyPolicy[]): Registry {
  return custom.length === 0 ? ownRegistry : registryOf([...policies, ...custom])
}

function registryOf(all: readonly AnyPolicy[]): Registry {
  return { policies: all, byId: new Map(all.map((policy) => [policy.id, policy])) }
}
