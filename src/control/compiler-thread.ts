// The build in a thread of its own that ends with it: the main thread keeps answering probes while
// a large contract compiles, and the memory of the compiler goes away at once.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Built, BuildOptions } from './build-types.ts'

export function buildInThread(options: BuildOptions): Promise<Built> {
  const entry = new URL(`./compiler-main${extname(import.meta.url)}`, import.meta.url)
  const thread = new Worker(entry, { name: 'compiler', workerData: options })
  return new Promise((done, fail) => {
    thread.once('message', done)
    thread.once('error', fail)
    // After a message this changes nothing; without one the thread died under us.
    thread.once('exit', (code) => fail(new Error(`the compiler thread ended with code ${code}`)))
  })
}
