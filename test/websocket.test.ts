// WebSockets through a whole gateway, between clients and services of the `ws` package: what passes,
// what is looked into, what is refused, and how it ends.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { type ClientOptions, WebSocket, WebSocketServer, type ServerOptions } from 'ws'
import { startGateway } from '../src/gateway.ts'
import { bundleOf, exchanged } from './gateway.ts'
import { eventually } from './raw-peer.ts'

const contract = `openapi: 3.1.0
info: { title: Chat, version: '1' }
x-concordat: SETTINGS
components:
  schemas:
    Said:
      type: object
      required: [text]
      properties: { text: { type: string, maxLength: 20 }, id: { type: integer, readOnly: true } }
      additionalProperties: false
    Heard:
      type: object
      required: [id]
      properties: { id: { type: integer } }
paths:
  /socket:
    get:
      operationId: openSocket
      responses: { '101': { description: open } }
  /both:
    get:
      operationId: both
      responses: { '101': { description: open }, '200': { description: a page } }
  /plain:
    get:
      operationId: plain
      responses: { '200': { description: a page } }
`

interface World {
  /** Of the policy, as JSON. */
  readonly settings?: string
  readonly service?: ServerOptions
}

async function open(t: TestContext, { settings = '{}', service = {} }: World = {}) {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    maxPayload: 2 ** 30,
    ...service,
  })
  await once(server, 'listening')
  t.after(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const written = `{ policies: { websocket: ${settings} } }`
  const gateway = await startGateway({
    bundle: bundleOf({
      contract: contract.replace('SETTINGS', settings === '{}' ? '{}' : written),
      to: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`],
    }),
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: 0,
    log: { access: 'off', redact: [] },
  })
  if ('problem' in gateway) throw new Error(gateway.problem)
  t.after(() => gateway.close())
  return { gateway, port: gateway.port, server }
}

function connect(t: TestContext, port: number, path = '/socket', options: ClientOptions = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, options)
  t.after(() => socket.terminate())
  return socket
}

const echoing = (server: WebSocketServer) =>
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    socket.on('error', () => undefined)
  })

async function heard(socket: WebSocket): Promise<Buffer> {
  const [data] = (await once(socket, 'message')) as [Buffer]
  return data
}

async function closed(socket: WebSocket): Promise<[code: number, reason: string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  return [code, reason.toString()]
}

/** Of a handshake that is refused. */
async function refused(socket: WebSocket): Promise<IncomingMessage> {
  socket.on('error', () => undefined)
  const [, reply] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  reply.resume()
  return reply
}

test('texts, binaries, pings and Closes go both ways', async (t) => {
  const { port, server } = await open(t)
  echoing(server)
  const socket = connect(t, port)
  await once(socket, 'open')
  socket.send('Grüße')
  assert.equal(String(await heard(socket)), 'Grüße')
  socket.send(Buffer.of(0, 255))
  assert.deepEqual(await heard(socket), Buffer.of(0, 255))
  socket.ping('here?')
  assert.equal(String((await once(socket, 'pong'))[0]), 'here?')
  const [peer] = server.clients
  const end = once(peer!, 'close')
  socket.close(4001, 'enough')
  assert.deepEqual(await closed(socket), [4001, 'enough'])
  assert.deepEqual([(await end)[0], String((await end)[1])], [4001, 'enough'])
})

test('a Close of the service comes with its code and reason', async (t) => {
  const { port, server } = await open(t)
  server.on('connection', (peer) => peer.close(1013, 'later'))
  assert.deepEqual(await closed(connect(t, port)), [1013, 'later'])
})

test('a subprotocol and a query pass, with the fields of the handshake', async (t) => {
  const { port, server } = await open(t)
  const asked = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, ['chat.v1', 'chat.v0'], {
    headers: { 'X-Own': 'yes' },
  })
  t.after(() => socket.terminate())
  await once(socket, 'open')
  assert.equal(socket.protocol, 'chat.v1')
  const [, request] = await asked
  assert.equal(request.headers['x-own'], 'yes')
  assert.match(String(request.headers['via']), /concordat/)
})

test('messages may be deflated, unless the gateway looks into them', async (t) => {
  const text = 'again and again '.repeat(10_000)
  for (const [settings, isDeflated] of [
    ['{}', true],
    ['{ messagesPerSecondMax: 100 }', true],
    ['{ messageBytesMax: 1000000 }', false],
    ['{ checkUtf8: true }', false],
  ] as const) {
    const { port, server } = await open(t, { settings, service: { perMessageDeflate: true } })
    echoing(server)
    const socket = connect(t, port, '/socket', { perMessageDeflate: true })
    await once(socket, 'open')
    assert.equal(socket.extensions.includes('permessage-deflate'), isDeflated, settings)
    socket.send(text)
    assert.equal(String(await heard(socket)), text, settings)
  }
})

test('large messages go both ways at once', async (t) => {
  const { port, server } = await open(t)
  const payload = Buffer.alloc(24 * 1024 * 1024, 'abc')
  const arrived = Promise.withResolvers<number>()
  server.on('connection', (peer) => {
    peer.on('message', (data: Buffer) => arrived.resolve(data.length))
    peer.send(payload)
  })
  const socket = connect(t, port)
  const back = heard(socket)
  await once(socket, 'open')
  socket.send(payload, { mask: true })
  assert.equal(await arrived.promise, payload.length)
  assert.ok((await back).equals(payload))
})

test('a message of many fragments is refused, unless so many are wanted', async (t) => {
  for (const [settings, passes] of [
    ['{}', false],
    ['{ fragmentsMax: 65536 }', true],
  ] as const) {
    const { port, server } = await open(t, {
      settings,
      service: { maxFragments: 100_000 } as ServerOptions,
    })
    const arrived = Promise.withResolvers<number>()
    server.on('connection', (peer) => {
      peer.on('message', (data: Buffer) => arrived.resolve(data.length))
      peer.on('close', (code) => arrived.resolve(code))
    })
    const socket = connect(t, port)
    await once(socket, 'open')
    const end = closed(socket)
    for (let i = 1; i <= 65_536; i++) socket.send('x', { fin: i === 65_536 })
    assert.equal(await arrived.promise, passes ? 65_536 : 1009, settings)
    if (!passes) assert.deepEqual(await end, [1009, 'too many fragments'])
  }
})

test('a flood of pings closes the socket', async (t) => {
  const { port } = await open(t)
  const socket = connect(t, port)
  await once(socket, 'open')
  for (let i = 0; i < 200; i++) socket.ping()
  assert.deepEqual(await closed(socket), [1008, 'too many pings or pongs'])
})

test('messages are held to the schemas of the contract, each way', async (t) => {
  const settings = `{ messages: { client: { $ref: '#/components/schemas/Said' }, server: { $ref: '#/components/schemas/Heard' } } }`
  const cases: [says: string, sent: string | Buffer, want: [number, string] | string][] = [
    ['a good one', '{"text":"hello"}', '{"id":1}'],
    ['a value that is wrong', '{"text":7}', [1008, '/text must be a string']],
    ['a name that is unknown', '{"text":"a","b":1}', [1008, '/b']],
    ['what only the service sets', '{"text":"a","id":1}', [1008, '/id']],
    ['no JSON', 'hello', [1008, 'message is not JSON']],
    ['a binary', Buffer.from('{"text":"a"}'), [1003, 'a binary message']],
    ['no UTF-8', Buffer.from('{"text":"\xff"}', 'latin1'), [1007, 'message is not UTF-8']],
  ]
  for (const [says, sent, want] of cases) {
    const { port, server } = await open(t, { settings })
    const got: string[] = []
    server.on('connection', (peer) => {
      peer.on('message', (data: Buffer) => {
        got.push(data.toString())
        peer.send('{"id":1}')
      })
    })
    const socket = connect(t, port)
    await once(socket, 'open')
    socket.send(sent, { binary: says === 'a binary' })
    if (typeof want === 'string') {
      assert.equal(String(await heard(socket)), want, says)
      continue
    }
    const [code, reason] = await closed(socket)
    assert.equal(code, want[0], says)
    assert.ok(reason.startsWith(want[1]), `${says}: ${reason}`)
    assert.deepEqual(got, [], says)
  }
})

test('a service that says what the contract does not is closed, and its client told that it failed', async (t) => {
  const settings = `{ messages: { server: { $ref: '#/components/schemas/Heard' } } }`
  const { port, server } = await open(t, { settings })
  const told = Promise.withResolvers<number>()
  server.on('connection', (peer) => {
    peer.on('close', (code) => told.resolve(code))
    peer.send('{"id":"secret"}')
  })
  const [code, reason] = await closed(connect(t, port))
  assert.equal(code, 1011)
  assert.doesNotMatch(reason, /secret/)
  assert.equal(await told.promise, 1008)
})

const own = (port: number) => `http://127.0.0.1:${port}`

test('pages of other origins are refused, unless they are listed', async (t) => {
  const cases: [
    says: string,
    settings: string,
    origin: (port: number) => string,
    opens: boolean,
  ][] = [
    ['its own', '{}', own, true],
    ['another port', '{}', () => 'http://127.0.0.1:1', false],
    ['a foreign one', '{}', () => 'https://evil.example', false],
    ['null', '{}', () => 'null', false],
    ['a listed one', "{ origins: ['https://chat.example'] }", () => 'https://chat.example', true],
    [
      'one that begins alike',
      "{ origins: ['https://chat.example'] }",
      () => 'https://chat.example.evil',
      false,
    ],
    ['its own where others are listed', "{ origins: ['https://chat.example'] }", own, false],
    ['its own beside others', "{ origins: [self, 'https://chat.example'] }", own, true],
    ['any', "{ origins: ['*'] }", () => 'https://any.example', true],
  ]
  for (const [says, settings, origin, opens] of cases) {
    const { port, server } = await open(t, { settings })
    const socket = connect(t, port, '/socket', { origin: origin(port) })
    if (opens) await once(socket, 'open')
    else {
      assert.equal((await refused(socket)).statusCode, 403, says)
      assert.equal(server.clients.size, 0, says)
    }
  }
})

test('what is no handshake that can be taken is refused with its reason', async (t) => {
  const { port } = await open(t)
  const shake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
  const keyed = [...shake, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  const without = (name: string) => keyed.filter((line) => !line.startsWith(name))
  const cases: [says: string, head: string[], want: RegExp][] = [
    [
      'an ordinary request',
      ['GET /socket'],
      /^HTTP\/1\.1 426 [^]*Upgrade: websocket\r\n[^]*UPGRADE_REQUIRED/,
    ],
    [
      'no version',
      ['GET /socket', ...without('Sec-WebSocket-V')],
      /^HTTP\/1\.1 426 [^]*Sec-WebSocket-Version: 13\r\n/,
    ],
    [
      'another version',
      ['GET /socket', ...without('Sec-WebSocket-V'), 'Sec-WebSocket-Version: 8'],
      /^HTTP\/1\.1 426 /,
    ],
    ['no key', ['GET /socket', ...shake], /^HTTP\/1\.1 400 [^]*Sec-WebSocket-Key/],
    ['a short key', ['GET /socket', ...shake, 'Sec-WebSocket-Key: c2hvcnQ='], /^HTTP\/1\.1 400 /],
    [
      'two keys',
      ['GET /socket', ...keyed, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
      /^HTTP\/1\.1 400 /,
    ],
    [
      'an operation without sockets',
      ['GET /plain', ...keyed],
      /^HTTP\/1\.1 400 [^]*UPGRADE_NOT_TAKEN/,
    ],
    [
      'two origins',
      ['GET /socket', ...keyed, 'Origin: http://api.test', 'Origin: http://api.test'],
      /^HTTP\/1\.1 403 /,
    ],
  ]
  for (const [says, head, want] of cases) {
    const lines = head.includes('Connection: Upgrade')
      ? head.map((line) => (line === 'Connection: Upgrade' ? 'Connection: Upgrade, close' : line))
      : head
    assert.match(await exchanged(port, lines), want, says)
  }
})

test('an operation that declares another success too is served both ways', async (t) => {
  const { port, server } = await open(t)
  echoing(server)
  assert.match(await exchanged(port, ['GET /both']), /^HTTP\/1\.1 426 Upgrade Required\r\n/)
  const socket = connect(t, port, '/both')
  await once(socket, 'open')
})

test('a gateway that stops closes its sockets with 1001', async (t) => {
  const { gateway, port, server } = await open(t)
  echoing(server)
  const sockets = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const socket = connect(t, port)
      await once(socket, 'open')
      return socket
    }),
  )
  const ends = Promise.all(sockets.map(closed))
  const atService = Promise.all(
    [...server.clients].map(async (peer) => ((await once(peer, 'close')) as [number])[0]),
  )
  await gateway.close()
  for (const end of await ends) assert.deepEqual(end, [1001, 'the gateway stops'])
  for (const code of await atService) assert.equal(code, 1001)
})

test('a reload of what is in force leaves sockets open', async (t) => {
  const { gateway, port, server } = await open(t)
  echoing(server)
  const socket = connect(t, port)
  await once(socket, 'open')
  const to = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`]
  const bundle = bundleOf({
    contract: contract.replace('SETTINGS', '{ limits: { exchangeTimeoutMs: 9000 } }'),
    to,
  })
  const applied = await gateway.apply({
    bundle,
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: 0,
    log: { access: 'off', redact: [] },
  })
  assert.equal(applied, undefined)
  socket.send('still here')
  assert.equal(String(await heard(socket)), 'still here')
})

test('a client that vanishes leaves nothing at the service', async (t) => {
  const { port, server } = await open(t)
  const socket = connect(t, port)
  await once(socket, 'open')
  socket.terminate()
  await eventually('the service sees it', () => server.clients.size === 0)
})
