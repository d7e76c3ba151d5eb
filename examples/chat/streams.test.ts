// New messages as events and over WebSockets: what is told, what was missed, who has to leave, and
// that nobody is kept who is gone or too slow.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get as httpGet, type IncomingMessage, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, beforeEach, test, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { demo } from './demo.ts'
import { type Chat, createChat, httpServer } from './server.ts'

const ada = { authorization: `Bearer ${demo.ada.token}` }
const ben = { authorization: `Bearer ${demo.ben.token}` }
const cleo = { authorization: `Bearer ${demo.cleo.token}` }
const service = { 'x-api-key': demo.moderator.key }
const channel = `/v1/channels/${demo.channelId}`
const stream = `${channel}/messages/stream`

let chat: Chat
const server = httpServer(() => chat)
let origin = ''
let port = 0

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  origin = `http://127.0.0.1:${port}`
})
beforeEach(() => {
  chat?.close()
  chat = createChat({ database: ':memory:' })
})
after(() => {
  chat.close()
  server.close()
  server.closeAllConnections()
})

type Fields = Record<string, string>

async function send(content: string, headers: Fields = ada): Promise<number> {
  const body = JSON.stringify({ content, type: 'text' })
  const reply = await fetch(`${origin}${channel}/messages`, { method: 'POST', headers, body })
  await reply.arrayBuffer()
  return reply.status
}

async function changeMembers(memberIds: string[]): Promise<void> {
  const body = JSON.stringify({ memberIds })
  await fetch(origin + channel, { method: 'PATCH', headers: service, body })
}

/** Both what leaves and what comes are events of the loop: it turns until this many listen. */
async function until(readers: number): Promise<void> {
  while (chat.readerCount() !== readers) await new Promise((turned) => setImmediate(turned))
}

class Events {
  readonly reply: IncomingMessage
  #text = ''
  #told = Promise.withResolvers<void>()

  constructor(reply: IncomingMessage) {
    this.reply = reply
    reply.setEncoding('utf8').on('data', (piece: string) => {
      this.#text += piece
      this.#told.resolve()
    })
  }

  /** The next block, its lines parted by `|`. */
  async next(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const block = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        return block.replaceAll('\n', '|')
      }
      this.#told = Promise.withResolvers()
      await this.#told.promise
    }
  }

  async content(): Promise<string> {
    const [, data = ''] = (await this.next()).split('|data: ')
    return (JSON.parse(data) as { content: string }).content
  }
}

async function listen(t: TestContext, headers: Fields = ada, path = stream): Promise<Events> {
  const request = httpGet(origin + path, { headers })
  t.after(() => request.destroy())
  request.on('error', () => undefined)
  const [reply] = (await once(request, 'response')) as [IncomingMessage]
  return new Events(reply)
}

const idOf = (block: string): string => /id: ([^|]*)/.exec(block)![1]!

test('a stream says at once where it is, and then tells each message as it is sent', async (t) => {
  const events = await listen(t)
  assert.equal(events.reply.headers['content-type'], 'text/event-stream')
  assert.equal(events.reply.headers['cache-control'], 'no-store')
  assert.match(await events.next(), /^retry: \d+\|id: [\w-]+$/)
  await send('first')
  await send('second', ben)
  assert.deepEqual([await events.content(), await events.content()], ['first', 'second'])
})

test('who comes back with the last id misses nothing, and hears nothing twice', async (t) => {
  const first = await listen(t)
  await first.next()
  await send('heard')
  const id = idOf(await first.next())
  first.reply.destroy()
  await send('missed')
  const events = await listen(t, { ...ada, 'last-event-id': id })
  assert.equal(idOf(await events.next()), id)
  await send('new')
  assert.deepEqual([await events.content(), await events.content()], ['missed', 'new'])
})

test('the cursor of a list is a place in the stream', async (t) => {
  const list = await fetch(`${origin}${channel}/messages`, { headers: ada })
  const { meta } = (await list.json()) as { meta: { cursor: string } }
  await send('since')
  const events = await listen(t, { ...ada, 'last-event-id': meta.cursor })
  await events.next()
  assert.equal(await events.content(), 'since')
})

test('fifty missed messages are told again; for more a gap says where the list has them', async (t) => {
  const first = await listen(t)
  const id = idOf(await first.next())
  for (let i = 1; i <= 50; i++) await send(String(i))
  const told = await listen(t, { ...ada, 'last-event-id': id })
  await told.next()
  for (let i = 1; i <= 50; i++) assert.equal(await told.content(), String(i))

  await send('51')
  const skipped = await listen(t, { ...ada, 'last-event-id': id })
  await skipped.next()
  const gap = await skipped.next()
  assert.match(gap, /^event: gap\|id: [\w-]+\|data: \{"since":"[\w-]+"\}$/)
  assert.ok(gap.includes(`"${id}"`))
  const list = await fetch(`${origin}${channel}/messages?limit=100&cursor=${id}`, { headers: ada })
  assert.equal(((await list.json()) as { data: unknown[] }).data.length, 51)
  await send('52')
  assert.equal(await skipped.content(), '52')
})

// [says, status, headers, path]
const refused: [string, number, Fields, string][] = [
  ['no credential', 401, {}, stream],
  ['no member', 403, cleo, stream],
  ['no such channel', 404, ada, '/v1/channels/ch_000000/messages/stream'],
  ['an id made up', 400, { ...ada, 'last-event-id': 'x' }, stream],
  ['a socket without an upgrade', 426, ada, `${channel}/socket`],
]
for (const [says, status, headers, path] of refused) {
  test(`a stream is refused with ${status}: ${says}`, async () => {
    const reply = await fetch(origin + path, { headers })
    assert.equal(reply.status, status)
    assert.ok('error' in ((await reply.json()) as object))
    assert.equal(chat.readerCount(), 0)
  })
}

test('HEAD says what GET would, and does not listen', async () => {
  const reply = await fetch(origin + stream, { method: 'HEAD', headers: ada })
  assert.equal(reply.headers.get('content-type'), 'text/event-stream')
  await until(0)
})

test('nobody is kept who is gone: readers leave with their connections', async (t) => {
  const [one, two] = [await listen(t), await listen(t, ben)]
  const socket = await open(t)
  assert.equal(chat.readerCount(), 3)
  one.reply.destroy()
  await until(2)
  socket.peer.terminate()
  await until(1)
  await two.next()
  await send('still told')
  assert.equal(await two.content(), 'still told')
})

test('a silent stream has a comment now and then', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const events = await listen(t)
  await events.next()
  t.mock.timers.tick(15_000)
  assert.equal(await events.next(), ': nothing new')
})

/** Gives the code that the socket closes with. */
async function bothEnded(events: Events, socket: Socket): Promise<number> {
  const [closed] = await Promise.all([once(socket.peer, 'close'), once(events.reply, 'end')])
  return (closed as [number])[0]
}

test('a member who is taken out of the channel hears no more, on either stream', async (t) => {
  const events = await listen(t, ben)
  const socket = await open(t, { headers: ben })
  const stays = await listen(t)
  const ended = bothEnded(events, socket)
  await changeMembers([demo.ada.userId])
  assert.equal(await ended, 1008)
  await stays.next()
  await send('among ourselves')
  assert.equal(await stays.content(), 'among ourselves')
})

test('streams end when the service does', async (t) => {
  const events = await listen(t)
  const socket = await open(t)
  const ended = bothEnded(events, socket)
  chat.endStreams()
  assert.equal(await ended, 1001)
})

/** Asks and then reads nothing at all. */
function deafPeer(t: TestContext, lines: string[]): void {
  const socket = connect(port, '127.0.0.1').pause()
  socket.on('error', () => undefined)
  t.after(() => socket.destroy())
  socket.write(`${lines.join('\r\n')}\r\nAuthorization: ${ada.authorization}\r\n\r\n`)
}

const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

for (const [says, lines] of [
  ['of events', [`GET ${stream} HTTP/1.1`, 'Host: a']],
  ['of a socket', [`GET ${channel}/socket HTTP/1.1`, 'Host: a', ...upgrade]],
] as const) {
  test(`a reader ${says} that takes nothing is dropped at a bound, others are not`, async (t) => {
    deafPeer(t, [...lines])
    await until(1)
    const socket = await open(t, { headers: ben })
    await socket.next()
    const long = JSON.stringify({ content: '😀'.repeat(4000), type: 'text' })
    let sent = 0
    // What the kernel takes comes on top of the bound: some megabytes.
    while (chat.readerCount() === 2 && sent < 4_000) {
      socket.peer.send(long)
      await socket.next()
      sent++
    }
    assert.equal(chat.readerCount(), 1)
  })
}

class Socket {
  readonly peer: WebSocket
  readonly #heard: string[] = []
  #told = Promise.withResolvers<void>()

  constructor(peer: WebSocket) {
    this.peer = peer
    peer.on('error', () => undefined)
    peer.on('message', (data: Buffer) => {
      this.#heard.push(data.toString())
      this.#told.resolve()
    })
  }

  async next(): Promise<SocketMessage> {
    if (this.#heard.length === 0) {
      this.#told = Promise.withResolvers()
      await this.#told.promise
    }
    return JSON.parse(this.#heard.shift()!) as SocketMessage
  }
}

interface SocketMessage {
  readonly cursor?: string
  readonly message?: { readonly content: string; readonly senderId: string }
  readonly gap?: { readonly since: string }
  readonly error?: { readonly code: string; readonly requestId: string }
}

interface SocketOptions {
  readonly headers?: Fields
  readonly query?: string
  readonly protocols?: string[]
}

const socketUrl = (query = '') => `ws://127.0.0.1:${port}${channel}/socket${query}`

async function open(t: TestContext, { headers = ada, query, protocols }: SocketOptions = {}) {
  const socket = new Socket(new WebSocket(socketUrl(query), protocols ?? [], { headers }))
  t.after(() => socket.peer.terminate())
  await once(socket.peer, 'open')
  return socket
}

test('a socket sends and hears, and meets the other ways of sending', async (t) => {
  const socket = await open(t)
  const events = await listen(t, ben)
  await events.next()
  assert.ok((await socket.next()).cursor)
  socket.peer.send('{"content": "by socket", "type": "text"}')
  const { message } = await socket.next()
  assert.deepEqual([message?.content, message?.senderId], ['by socket', demo.ada.userId])
  assert.equal(await events.content(), 'by socket')
  await send('posted', ben)
  assert.equal((await socket.next()).message?.content, 'posted')
})

test('what may not be sent is an error message, and the socket stays open', async (t) => {
  const socket = await open(t)
  await socket.next()
  for (const text of ['{', '{"content": ""}', '[]']) {
    socket.peer.send(text)
    assert.equal((await socket.next()).error?.code, 'INVALID_INPUT')
  }
  const reader = await open(t, { headers: service })
  await reader.next()
  reader.peer.send('{"content": "as a service", "type": "text"}')
  assert.equal((await reader.next()).error?.code, 'FORBIDDEN')
  socket.peer.send('{"content": "fine", "type": "text"}')
  assert.equal((await socket.next()).message?.content, 'fine')
})

test('a socket goes on from a cursor, or says that there is a gap', async (t) => {
  const first = await open(t)
  const { cursor } = await first.next()
  await send('missed')
  const second = await open(t, { query: `?cursor=${cursor}` })
  assert.deepEqual(await second.next(), { cursor })
  assert.equal((await second.next()).message?.content, 'missed')
  for (let i = 0; i < 50; i++) await send(String(i))
  const third = await open(t, { query: `?cursor=${cursor}` })
  await third.next()
  assert.deepEqual((await third.next()).gap, { since: cursor })
})

test('a page gives its token beside the protocol, and is never told it back', async (t) => {
  const protocols = ['chat.v1', `bearer.${demo.ada.token}`]
  const socket = await open(t, { headers: {}, protocols })
  assert.equal(socket.peer.protocol, 'chat.v1')
})

// [says, status, headers, query, protocols]
const noSockets: [string, number, Fields, string, string[]][] = [
  ['no credential', 401, {}, '', []],
  ['an unknown token beside the protocol', 401, {}, '', ['chat.v1', 'bearer.nobody']],
  ['no member', 403, cleo, '', []],
  ['a cursor made up', 400, ada, '?cursor=x', []],
]
for (const [says, status, headers, query, protocols] of noSockets) {
  test(`a handshake is refused with ${status}: ${says}`, async () => {
    const peer = new WebSocket(socketUrl(query), protocols, { headers })
    const [, reply] = (await once(peer, 'unexpected-response')) as [unknown, IncomingMessage]
    assert.equal(reply.statusCode, status)
    const [body] = (await once(reply.setEncoding('utf8'), 'data')) as [string]
    assert.ok('error' in (JSON.parse(body) as object))
    await until(0)
  })
}

test('an upgrade to anything else is an ordinary request', async () => {
  const headers = { ...ada, connection: 'Upgrade', upgrade: 'h2c' }
  const request = httpRequest(origin + channel, { headers }).end()
  const [reply] = (await once(request, 'response')) as [IncomingMessage]
  assert.equal(reply.resume().statusCode, 200)
})
