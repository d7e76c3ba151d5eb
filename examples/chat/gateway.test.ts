// The chat behind the gateway, in all protocols that it has: what is said in one way is heard in all,
// what the contract does not have is refused before the chat sees it, and whoever leaves is let go.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { createGateway, type Gateway } from 'concordat'
import { type RawData, WebSocket } from 'ws'
import { demo } from './demo.ts'
import { type Chat, createChat, httpServer } from './server.ts'

const ada = { authorization: `Bearer ${demo.ada.token}` }
const channel = `/v1/channels/${demo.channelId}`

let chat: Chat
let http: Server
let gateway: Gateway
let url = ''

before(async () => {
  chat = createChat({ database: ':memory:' })
  http = httpServer(() => chat).listen(0, '127.0.0.1')
  await once(http, 'listening')
  gateway = await createGateway({
    contract: join(import.meta.dirname, 'openapi.yaml'),
    // What the chat says has to be as declared, too: events, and messages of sockets.
    config: { policies: { auth: 'upstream', 'reply-validation': {} } },
    to: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    port: 0,
  })
  url = (await gateway.listen()).url
})
after(async () => {
  await gateway?.close({ timeoutMs: 0 })
  chat.close()
  http.close()
  http.closeAllConnections()
})

async function send(content: string): Promise<void> {
  const body = JSON.stringify({ content, type: 'text' })
  const headers = { ...ada, 'content-type': 'application/json' }
  const reply = await fetch(`${url}${channel}/messages`, { method: 'POST', headers, body })
  assert.equal(reply.status, 201, await reply.text())
}

/** The texts of a stream of events as they come. */
async function* eventsOf(t: TestContext, headers: Record<string, string> = ada) {
  const leave = new AbortController()
  t.after(() => leave.abort())
  const { signal } = leave
  const reply = await fetch(`${url}${channel}/messages/stream`, { headers, signal })
  assert.equal(reply.status, 200)
  yield* reply.body!.pipeThrough(new TextDecoderStream())
}

function socketOf(t: TestContext, options: { headers?: Record<string, string>; origin?: string }) {
  const address = `${url.replace('http', 'ws')}${channel}/socket`
  const socket = new WebSocket(address, { headers: ada, ...options })
  socket.on('error', () => undefined)
  t.after(() => socket.terminate())
  return socket
}

async function nextText(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [RawData]
  return (data as Buffer).toString()
}

/** Whoever closed its side may still read: that it does not shows when something is said to it. */
async function untilNobodyReads(): Promise<void> {
  while (chat.readerCount() > 0) await send('Is anybody there?')
}

test('what is posted comes by events and by socket, and what is sent by socket by events', async (t) => {
  const events = eventsOf(t)
  assert.match((await events.next()).value!, /^retry: 2000\nid: /)
  const socket = socketOf(t, {})
  assert.match(await nextText(socket), /^\{"cursor":/)
  const heard = nextText(socket)
  await send('posted')
  assert.match(await heard, /"content":"posted"/)
  assert.match((await events.next()).value!, /"content":"posted"/)
  socket.send('{"content": "by socket", "type": "text"}')
  assert.match(await nextText(socket), /"content":"by socket"/)
  assert.match((await events.next()).value!, /"content":"by socket"/)
})

test('who comes back through the gateway misses nothing', async (t) => {
  const first = eventsOf(t)
  const [, id = ''] = /id: (\S+)/.exec((await first.next()).value!)!
  await first.return(undefined)
  await send('meanwhile')
  const events = eventsOf(t, { ...ada, 'last-event-id': id })
  let text = ''
  while (!text.includes('"content":"meanwhile"')) text += (await events.next()).value
})

test('a gap is an event that the contract has, too', async (t) => {
  const first = eventsOf(t)
  const [, id = ''] = /id: (\S+)/.exec((await first.next()).value!)!
  await first.return(undefined)
  for (let i = 0; i <= 50; i++) await send(String(i))
  const events = eventsOf(t, { ...ada, 'last-event-id': id })
  let text = ''
  while (!text.includes('event: gap\n')) text += (await events.next()).value
  assert.ok(text.includes(`data: {"since":"${id}"}\n\n`))
})

test('whoever leaves the gateway leaves the chat', async (t) => {
  await untilNobodyReads()
  const events = eventsOf(t)
  await events.next()
  const socket = socketOf(t, {})
  await nextText(socket)
  assert.equal(chat.readerCount(), 2)
  await events.return(undefined)
  socket.terminate()
  await untilNobodyReads()
})

test('a message that the contract does not have closes the socket, and the chat never sees it', async (t) => {
  const socket = socketOf(t, {})
  await nextText(socket)
  socket.send('{"content": "", "type": "text"}')
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  assert.equal(code, 1008)
  assert.match(reason.toString(), /\/content must have at least 1 character/)
})

// [says, status, code, options]
const refused: [string, number, string, Parameters<typeof socketOf>[1]][] = [
  ['no credential', 401, 'UNAUTHENTICATED', { headers: {} }],
  ['a page of somebody else', 403, 'ORIGIN_DENIED', { origin: 'https://elsewhere.example' }],
]
for (const [says, status, code, options] of refused) {
  test(`a socket is refused with ${status}: ${says}`, async (t) => {
    const socket = socketOf(t, options)
    const [, reply] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    assert.equal(reply.statusCode, status)
    const [body] = (await once(reply, 'data')) as [Buffer]
    assert.match(body.toString(), new RegExp(`"code":"${code}"`))
  })
}

test('the page and its files come through the gateway, and nothing else of the folder does', async () => {
  const page = await fetch(`${url}/v1/app`)
  assert.match(page.headers.get('content-security-policy')!, /script-src 'self'/)
  const html = await page.text()
  const files = [...html.matchAll(/(?:src|href)="app\/([^"]+)"/g)].map((found) => found[1]!)
  assert.ok(files.length >= 3)
  for (const file of files) {
    const reply = await fetch(`${url}/v1/app/${file}`)
    assert.equal(reply.status, 200, file)
    await reply.arrayBuffer()
  }
  for (const [file, status] of [
    ['server.js', 404],
    ['index.html', 400],
    ['%2e%2e%2fserver.ts', 400],
  ]) {
    assert.equal((await fetch(`${url}/v1/app/${file}`)).status, status)
  }
})
