// A thread that answers every request with its name, for tests that move sockets between threads.
import type { Socket } from 'node:net'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { assert, defaultLimits, systemClock } from '../base.ts'
import type { ListenAt } from './acceptor.ts'
import type { Http1Stream } from './http1-stream.ts'
import { listen } from './server.ts'
import { Sweeper } from './sweeper.ts'

export type ListenerOrder =
  | { readonly order: 'listen'; readonly at: ListenAt }
  | { readonly order: 'adopt'; readonly socket: Socket }
  | { readonly order: 'release' }

export type ListenerReport =
  | { readonly report: 'listening'; readonly port: number }
  | { readonly report: 'released'; readonly parked: MessagePort }

assert(parentPort !== null, 'it runs in a thread of its own')
const main = parentPort
const name = String(workerData)
const bug = (error: unknown): never => {
  throw error
}
const sweeper = new Sweeper(systemClock, bug)

function answer(stream: Http1Stream): void {
  stream.sendHead('200 OK', '', name.length)
  stream.sendPiece(name)
  stream.sendEnd([])
}

const open = (at: ListenAt) =>
  listen({
    at,
    clock: systemClock,
    sweeper,
    limits: () => defaultLimits,
    isTrustedHop: () => false,
    overloaded: () => '',
    exchange: answer,
    malformed: answer,
    bug,
  })

let wire = await open('given')

async function start(at: ListenAt): Promise<void> {
  wire = await open(at)
  main.postMessage({ report: 'listening', port: wire.port } satisfies ListenerReport)
}

main.on('message', (order: ListenerOrder) => {
  switch (order.order) {
    case 'adopt':
      return wire.adopt(order.socket)
    case 'listen':
      void start(order.at)
      return
    case 'release': {
      const parked = wire.release()!
      main.postMessage({ report: 'released', parked } satisfies ListenerReport, [parked])
    }
  }
})
