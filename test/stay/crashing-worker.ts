// A worker as the gateway's own, which comes to grief when it is told to, and tells whose connections
// it takes. What it is told passes by a channel that the gateway knows nothing of.
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { BroadcastChannel, threadId } from 'node:worker_threads'
import { type Grief, griefChannel, type GriefOrder, type GriefReport } from './griefs.ts'

const come: Readonly<Record<Grief, () => void>> = {
  exit: () => process.exit(3),
  throw: () => {
    setImmediate(() => {
      throw new Error('nobody catches this')
    })
  },
  loop: () => {
    for (;;);
  },
  memory: () => leak([]),
}

/** A little in each turn: its event loop goes on until there is no more. */
function leak(held: number[][]): void {
  for (let many = 0; many < 300; many++) {
    held.push(Array.from({ length: 1_000 }, (_, at) => at + 0.5))
  }
  setImmediate(leak, held)
}

const channel = new BroadcastChannel(griefChannel)
const tell = (report: GriefReport) => channel.postMessage(report)
subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket }
  tell({ thread: threadId, port: socket.remotePort ?? 0 })
})
channel.addEventListener('message', (event) => {
  const { thread, grief } = (event as { data: GriefOrder }).data
  if (thread === threadId) come[grief]()
})
channel.unref()
await import('../../src/gateway/worker.ts')
tell({ thread: threadId, serves: true })
