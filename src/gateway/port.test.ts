import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { MessageChannel, type Transferable } from 'node:worker_threads'
import { type Port, takePort } from './port.ts'

const free = { host: '127.0.0.1', port: 0 }

async function taken(dealt: boolean): Promise<Port> {
  const port = await takePort(free, dealt)
  assert.ok(!('problem' in port))
  return port
}

/** Listens as a worker does. */
async function listening(port: Port) {
  const share = port.share()
  assert.ok(share !== 'given')
  const server = createServer((socket) => socket.end('hello'))
  server.listen(share.bound)
  await once(server, 'listening')
  return server
}

test('two workers listen on one port, and nobody else can take it', async (t) => {
  const port = await taken(false)
  const servers = [await listening(port), await listening(port)]
  t.after(() => servers.forEach((server) => server.close()))
  const other = await takePort({ host: '127.0.0.1', port: port.port }, false)
  assert.deepEqual(other, {
    problem: `the gateway cannot listen on 127.0.0.1:${port.port}: the port is in use by another program`,
  })
  port.close()
})

test('the port of a program that shares it is in use all the same', async (t) => {
  const server = createServer().listen({ ...free, reusePort: true })
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  for (const dealt of [false, true]) {
    const problem = await takePort({ host: '127.0.0.1', port }, dealt)
    assert.match('problem' in problem ? problem.problem : '', /in use by another program$/)
  }
})

test('a port that is closed twice is closed', async () => {
  for (const dealt of [false, true]) {
    const port = await taken(dealt)
    port.close()
    port.close()
  }
})

test('a parked server that is dropped lets the port go', async () => {
  const port = await taken(false)
  const server = await listening(port)
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(server, [server as unknown as Transferable])
  port.drop(port2)
  port1.close()
  port.close()
  const client = connect(port.port, '127.0.0.1')
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNREFUSED')
})

test('a name is looked up, and one that does not exist is a problem', async () => {
  const port = await takePort({ host: 'localhost', port: 0 }, false)
  assert.ok(!('problem' in port) && port.port > 0)
  port.close()
  const missing = await takePort({ host: 'missing.invalid', port: 0 }, false)
  assert.match('problem' in missing ? missing.problem : '', /cannot listen on missing\.invalid:0/)
})

test('where workers cannot listen, connections come to the main thread and are handed on', async () => {
  const port = await taken(true)
  assert.equal(port.share(), 'given')
  const given: Socket[] = []
  port.deal((socket) => given.push(socket))
  const client = connect(port.port, '127.0.0.1')
  await once(client, 'connect')
  while (given.length === 0) await new Promise((resolve) => setImmediate(resolve))
  given[0]!.end('hello')
  const [piece] = (await once(client, 'data')) as [Buffer]
  assert.equal(String(piece), 'hello')
  client.destroy()
  port.close()
})
