// A worker thread: the data plane and nothing else. What it imports, every worker loads, so
// nothing of the control side may be among it.
import { setImmediate as rest } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base.ts'
import type { SharedMemories } from './shared-states.ts'
import { type EngineOptions, startEngine } from './start-engine.ts'

/** Asked by the main thread; `id` comes back with the answer. */
export type Order = { readonly id: number } & (
  | { readonly order: 'swap'; readonly bundle: Uint8Array; readonly states: SharedMemories }
  | { readonly order: 'metrics' }
  | { readonly order: 'close' }
)

/** Told to the main thread. */
export type Report =
  | { readonly report: 'listening'; readonly port: number }
  | { readonly report: 'failed'; readonly problem: string }
  | { readonly report: 'bug'; readonly text: string }
  | { readonly report: 'done'; readonly id: number; readonly text: string }
  | { readonly report: 'refused'; readonly id: number; readonly text: string }

assert(parentPort !== null, 'a worker runs in a thread of its own')
const main = parentPort
const tell = (report: Report): void => main.postMessage(report)

const engine = await startEngine(workerData as EngineOptions, (error) => {
  tell({ report: 'bug', text: error instanceof Error ? (error.stack ?? '') : String(error) })
})

if ('problem' in engine) {
  tell({ report: 'failed', problem: engine.problem })
  main.close()
} else {
  main.on('message', (order: Order) => {
    obey(order).then(
      (text) => tell({ report: 'done', id: order.id, text }),
      (error: unknown) => tell({ report: 'refused', id: order.id, text: String(error) }),
    )
  })
  tell({ report: 'listening', port: engine.port })

  const obey = async (order: Order): Promise<string> => {
    switch (order.order) {
      case 'swap':
        engine.swap(order.bundle, order.states)
        return ''
      case 'metrics':
        return gathered(engine.metrics())
      case 'close':
        // The main thread ends this one when it has the answer.
        await engine.close()
        return ''
    }
  }
}

/** One text, with time for the traffic between its pieces. */
async function gathered(pieces: Iterable<string>): Promise<string> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    await rest()
  }
  return text
}
