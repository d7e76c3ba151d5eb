// The build in a thread of its own that ends with it: the main thread keeps answering probes while
// a large contract compiles, and the memory of the compiler goes away at once. Where the disk
// cache has the build there is no thread at all, and nothing heavy is imported.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Built, BuildOptions } from './build-types.ts'
import { cachedBuild } from './cache.ts'
import type { CompilerTask } from './compiler-main.ts'

/** Builds are kept in this folder, or (`false`) nowhere. The signal ends the thread. */
export async function buildInThread(
  options: BuildOptions,
  cache: string | false,
  signal?: AbortSignal,
): Promise<Built> {
  const known = cache === false ? undefined : await cachedBuild(cache, options)
  signal?.throwIfAborted()
  return known ?? compileInThread({ options, cache, startedEpochMs: Date.now() }, signal)
}

function compileInThread(task: CompilerTask, signal: AbortSignal | undefined): Promise<Built> {
  const entry = new URL(`./compiler-main${extname(import.meta.url)}`, import.meta.url)
  // Flags of a host program are not for its threads: `--eval` or a loader could keep this from starting.
  const thread = new Worker(entry, { name: 'compiler', workerData: task, execArgv: [] })
  return new Promise((done, fail) => {
    signal?.addEventListener('abort', () => void thread.terminate(), { once: true })
    thread.once('message', done)
    thread.once('error', fail)
    // After a message this changes nothing; without one the thread died under us.
    thread.once('exit', (code) => fail(new Error(`the compiler thread ended with code ${code}`)))
  })
}
