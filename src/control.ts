// control: turns what was written (contract, configuration, command line) into what runs: a
// snapshot, as bytes. What is heavy (YAML, zod, the OpenAPI reader) is imported only when used, so
// that a start from the disk cache stays fast.
import type { Documents } from './base.ts'
import type { Built, BuildOptions } from './control/build-types.ts'
import { ownRegistry } from './policy.ts'

export {
  type Built,
  type BuildOptions,
  type Deployment,
  isWhole,
  type WholeBuild,
} from './control/build-types.ts'

/** Reads, checks and compiles in this thread. Never throws for what was written: see `problems`. */
export async function buildSnapshot(options: BuildOptions): Promise<Built> {
  const { buildSnapshot: build } = await import('./control/build.ts')
  return build(options)
}

/** What such a build reads, as data; undefined where nothing names a contract. */
export async function loadContract(options: BuildOptions): Promise<Documents | undefined> {
  const { loadContract: load } = await import('./control/build.ts')
  return load(options)
}

/** From the disk cache if nothing changed, else the same build in a one-shot thread. */
export { cacheFolder } from './control/cache.ts'
export { buildInThread } from './control/compiler-thread.ts'

/** Where what is in force was written. */
export { type Origin, type Origins, originsOf, type PolicyOrigin } from './control/origins.ts'

/** What runs follows what is written. */
export {
  type Outcome,
  Reloader,
  type ReloadSetup,
  servesAlike,
  type Standing,
} from './control/reload.ts'
export { holdStill } from './control/file-state.ts'
export { reloadMetrics } from './control/reload-metrics.ts'
export { certificateFolder, localTlsFolder } from './control/state-folder.ts'
export { type FileWatch, watchFiles } from './control/watch.ts'

/** The configuration as TypeScript. */
export { type ConfigInput, defineConfig } from './control/define-config.ts'
export { notData } from './control/plain-data.ts'

/** Every default for each audience, for `concordat limits` and the docs. */
export { type DefaultsRow, defaultsTable } from './control/defaults.ts'

/** The published JSON Schema of `concordat.yaml`. */
export async function configJsonSchema(): Promise<object> {
  const { schemasFor } = await import('./control/config.ts')
  return schemasFor(ownRegistry).configJson()
}

/** The JSON Schema of what may stand under `x-concordat`. */
export async function settingsJsonSchema(): Promise<object> {
  const { schemasFor } = await import('./control/config.ts')
  return schemasFor(ownRegistry).settingsJson()
}
