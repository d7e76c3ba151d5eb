// Sockets that move between threads, with clients that come all the while.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import net, { BoundSocket, connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type MessagePort, type Transferable, Worker } from 'node:worker_threads'
import { Acceptor, probeTransfer } from './acceptor.ts'
import type { ListenerOrder, ListenerReport } from './listener-for-tests.ts'

const facts = probeTransfer()
const skip = facts.socket && facts.server ? false : 'this Node moves no sockets between threads'

const noShell = process.platform === 'win32' && 'there is no ulimit'

class Thread {
  readonly #worker: Worker

  constructor(t: TestContext, name: string) {
    this.#worker = new Worker(new URL('./listener-for-tests.ts', import.meta.url), {
      workerData: name,
    })
    this.#worker.on('error', (error) => assert.fail(error as Error))
    t.after(() => this.#worker.terminate())
  }

  order(order: ListenerOrder, moved: readonly unknown[] = []): void {
    this.#worker.postMessage(order, moved as Transferable[])
  }

  async report(): Promise<ListenerReport> {
    const [report] = (await once(this.#worker, 'message')) as [ListenerReport]
    return report
  }

  async listen(at: { bound: BoundSocket } | { parked: MessagePort }): Promise<number> {
    this.order({ order: 'listen', at }, Object.values(at))
    const report = await this.report()
    assert.ok(report.report === 'listening')
    return report.port
  }

  async release(): Promise<MessagePort> {
    this.order({ order: 'release' })
    const report = await this.report()
    assert.ok(report.report === 'released')
    return report.parked
  }
}

/** Asks once on a new connection, and gives the whole reply. */
async function askOnce(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  let text = ''
  for await (const piece of socket) text += String(piece)
  return text
}

test('what this Node can move is found by trying', () => {
  const want = net.BoundSocket !== undefined
  assert.deepEqual(facts, { boundSocket: want, server: want, socket: want })
})

test(
  'a server that goes from thread to thread under load loses no connection',
  { skip },
  async (t) => {
    const threads = [new Thread(t, 'one'), new Thread(t, 'two')]
    const port = await threads[0]!.listen({ bound: new BoundSocket({ host: '127.0.0.1' }) })
    const names = new Map<string, number>()
    const moved = { times: 0 }
    const client = async (): Promise<void> => {
      while (moved.times < 40) {
        const name = /\w+$/.exec(await askOnce(port))?.[0] ?? 'nobody'
        names.set(name, (names.get(name) ?? 0) + 1)
      }
    }
    const clients = Array.from({ length: 16 }, client)
    for (; moved.times < 40; moved.times++) {
      const from = moved.times % 2
      const parked = await threads[from]!.release()
      assert.equal(await threads[1 - from]!.listen({ parked }), port)
    }
    await Promise.all(clients)
    assert.deepEqual([...names.keys()].toSorted(), ['one', 'two'])
  },
)

test('connections that one thread accepts are served by others', { skip }, async (t) => {
  const threads = [new Thread(t, 'one'), new Thread(t, 'two')]
  let turn = 0
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    threads[turn++ % 2]!.order({ order: 'adopt', socket }, [socket])
  })
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const replies = await Promise.all(Array.from({ length: 100 }, () => askOnce(port)))
  for (const name of ['one', 'two']) {
    assert.equal(replies.filter((reply) => reply.endsWith(name)).length, 50)
  }
})

test('whoever comes during a pause waits, and is let in behind it', { skip }, async (t) => {
  const taken: net.Socket[] = []
  const acceptor = new Acceptor((socket) => taken.push(socket), assert.ifError)
  await acceptor.open({ host: '127.0.0.1', port: 0 })
  t.after(() => {
    acceptor.close()
    for (const socket of [...clients, ...taken]) socket.destroy()
  })
  const clients: net.Socket[] = []
  for (let round = 1; round <= 3; round++) {
    assert.ok(acceptor.pause() && acceptor.isPaused)
    const client = connect({ host: '127.0.0.1', port: acceptor.port })
    clients.push(client)
    await once(client, 'connect')
    // Many turns of the event loop: one that accepts has its turn.
    await once(connect({ host: '127.0.0.1', port: acceptor.port }).unref(), 'connect')
    assert.equal(taken.length, 2 * (round - 1))
    acceptor.resume()
    while (taken.length < 2 * round) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(taken.every(({ allowHalfOpen }) => allowHalfOpen))
  assert.ok(taken.every((socket) => socket.isPaused()))
})

test(
  'a pause without a descriptor to spare comes to nothing, and loses nothing',
  { skip: skip || noShell },
  async () => {
    const program = fileURLToPath(new URL('./exhausted-for-tests.ts', import.meta.url))
    const command = `ulimit -n 100 && exec "${process.execPath}" "${program}"`
    const { stdout } = await promisify(execFile)('sh', ['-c', command])
    assert.deepEqual(JSON.parse(stdout), { without: false, within: true, taken: 2 })
  },
)
