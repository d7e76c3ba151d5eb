// What run, check and routes do first: find the contract, build it, say what takes long and what
// was not understood.
import { type Built, type BuildOptions, buildInThread, cacheFolder } from '../control.ts'
import { withProgress } from './progress.ts'
import { type Source, type SourceOptions, sourceOf } from './source.ts'
import type { World } from './world.ts'

export type Overrides = Omit<
  BuildOptions,
  'contractFile' | 'configFile' | 'overlays' | 'allowRef' | 'trust'
>

export interface BuiltSource {
  readonly source: Source
  readonly built: Built
  /** The same again, from what the files hold then. */
  readonly rebuild: (signal: AbortSignal) => Promise<Built>
}

/**
 * Undefined where the command line names nothing that can be built: that has been said then. The
 * signal ends the build.
 */
export async function buildSource(
  options: SourceOptions,
  overrides: Overrides,
  world: World,
  stopped?: AbortSignal,
): Promise<BuiltSource | undefined> {
  const source = sourceOf(options, world)
  if ('problem' in source) {
    sayError(world, source.problem)
    return undefined
  }
  const { contractFile, configFile, overlays, allowRef } = source
  const cache = cacheFolder(world.env) ?? false
  const { trust } = options
  const wanted = { ...overrides, contractFile, configFile, overlays, allowRef, trust }
  const built = await withProgress(world, `compiling ${source.shown}`, () =>
    buildInThread(wanted, cache, stopped),
  )
  return { source, built, rebuild: (signal) => buildInThread(wanted, cache, signal) }
}

export function sayWarning(world: World, message: string): void {
  world.err.write(`warning: ${message}\n`)
}

export function sayError(world: World, message: string): void {
  world.err.write(`error: ${message}\n`)
}
