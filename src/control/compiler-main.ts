// The entry of the compiler thread: one build, one message, and the thread ends.
import { parentPort, workerData } from 'node:worker_threads'
import { buildSnapshot } from './build.ts'
import type { BuildOptions } from './build-types.ts'

const built = await buildSnapshot(workerData as BuildOptions)
const buffer = built.snapshot?.buffer
parentPort!.postMessage(built, buffer instanceof ArrayBuffer ? [buffer] : [])
