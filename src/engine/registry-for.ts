// The policies that a bundle may name: ours, and those of the code that it brings, imported into
// this thread. A module that was imported stays: threads that shall forget one must end.
import { importCode } from '../code.ts'
import {
  type AnyPolicy,
  ownRegistry,
  readDefinition,
  type Registry,
  registryWith,
} from '../policy.ts'
import { openSnapshot } from '../snapshot.ts'

/**
 * Rejects with what the code throws. Policies that its compiler has not run, and of which it brings no
 * code, are missing: no bundle that names one can be served.
 */
export async function registryFor(bundle: Uint8Array): Promise<Registry> {
  const { code } = openSnapshot(bundle)
  if (code === undefined) return ownRegistry
  const { default: modules } = (await importCode(code)) as { default: readonly Exported[] }
  return registryWith(
    modules.map(({ default: exported }) => {
      const policy = readDefinition(exported)
      // The compiler has refused it, or it is not what the compiler has seen.
      if (typeof policy === 'string') throw new Error(policy)
      return policy
    }),
  )
}

interface Exported {
  readonly default?: unknown
}

/** The same, with stand-ins that let everything pass for what is missing. Never for serving. */
export function withStandIns(registry: Registry): Registry {
  const { byId } = registry
  const get = (id: string) => byId.get(id) ?? { ...standIn, id }
  return { ...registry, byId: Object.assign(new Map(byId), { get }) }
}

const standIn: AnyPolicy = {
  id: '',
  about: 'A policy that was not run.',
  phase: 'admit',
  schema: (zod) => zod.unknown(),
  defaultFor: () => undefined,
  compile: () => undefined,
  link: () => () => undefined,
}
