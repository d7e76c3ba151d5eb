// The entry of the compiler thread: one build, one message, and the thread ends once the build is
// kept on disk. Code of a configuration may have run in it, with timers of its own: nothing of that
// goes on.
import { parentPort, workerData } from 'node:worker_threads'
import { buildSnapshot } from './build.ts'
import type { BuildOptions } from './build-types.ts'
import { keepBuild } from './cache.ts'
import { isConfigModule } from './config-module.ts'

export interface CompilerTask {
  readonly options: BuildOptions
  /** Where builds are kept; false: nowhere. */
  readonly cache: string | false
  /** From before the thread was made: what changed since is not what was built. */
  readonly startedEpochMs: number
}

const { options, cache, startedEpochMs } = workerData as CompilerTask
const { exit } = process
// Called by code of a configuration it would end the build without a word.
process.exit = () => {
  throw new Error('it calls process.exit')
}
const built = await buildSnapshot(options)
// Copied, not transferred: it is still to be written to the disk, and nobody should wait for that.
parentPort!.postMessage(built)
// A configuration that is a program may say something else tomorrow, by the environment or the day.
const isLasting = options.configFile === undefined || !isConfigModule(options.configFile)
if (cache !== false && isLasting) await keepBuild(cache, options, built, startedEpochMs)
exit()
