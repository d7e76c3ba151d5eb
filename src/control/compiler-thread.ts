// The build in a thread of its own that ends with it: the main thread keeps answering probes while
// a large contract compiles, and the memory of the compiler goes away at once.
import type { Built, BuildOptions } from './build-types.ts'

export async function buildInThread(options: BuildOptions): Promise<Built> {
  const { buildSnapshot } = await import('./build.ts')
  return buildSnapshot(options)
}
