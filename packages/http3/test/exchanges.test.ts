// Exchanges over real packets: the front, the native part, HTTP/3 of the gateway, and the library's
// own client at the other end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream, StreamEvents } from '../../../src/http.ts'
import { authorityOf, materialFor, served } from './served.ts'

const nothing: StreamEvents = {
  requestPiece() {},
  requestEnded() {},
  requestBroken() {},
  clientWritable() {},
  clientGone() {},
}

test('a request without a body is answered, and the client is who it is', async () => {
  const { client } = await served()
  const reply = await (await client()).ask({ path: '/a?b=c' }).ended()
  assert.deepEqual([reply.status, reply.text], [200, 'GET /a?b=c 127.0.0.1'])
})

test('bodies of any size go both ways, a hundred at once', async () => {
  const { client, bugs } = await served()
  const one = await client()
  const sizes = [0, 1, 1_000, 16_384, 70_000, 300_000]
  const replies = Array.from({ length: 96 }, (_, i) => {
    const body = Buffer.alloc(sizes[i % sizes.length]!, `${i},`)
    return { body, reply: one.ask({ method: 'POST', body }) }
  })
  for (const { body, reply } of replies) {
    await reply.ended()
    assert.equal(reply.bytes, body.length)
    assert.ok(Buffer.concat(reply.body).equals(body))
  }
  assert.deepEqual(bugs, [])
})

test('interim replies and trailers come in order', async () => {
  const { client } = await served({
    serve(stream) {
      stream.attach(nothing)
      stream.sendInterim('103 Early Hints', 'Link: </style.css>\r\n')
      stream.sendHead('200 OK', 'X-Own: 1\r\n', 'streamed')
      stream.sendPiece('body')
      stream.sendEnd(['X-Sum', '4'])
    },
  })
  const reply = await (await client()).ask().ended()
  assert.deepEqual(reply.interim, [103])
  assert.deepEqual([reply.status, reply.text], [200, 'body'])
  assert.equal(reply.headers['x-own'], '1')
  assert.deepEqual(reply.trailers, { 'x-sum': '4' })
})

test('a large reply to a client that reads slowly takes little memory here', async () => {
  const total = 64 * 1024 * 1024
  let sent = 0
  let ahead = 0
  let received: { readonly bytes: number } = { bytes: 0 }
  const { client } = await served({
    serve(stream) {
      const piece = Buffer.alloc(64 * 1024, 'x')
      const send = () => {
        while (sent < total) {
          sent += piece.length
          ahead = Math.max(ahead, sent - received.bytes)
          if (!stream.sendPiece(piece)) return
        }
        stream.sendEnd([])
      }
      stream.attach({ ...nothing, clientWritable: send })
      stream.sendHead('200 OK', '', total)
      send()
    },
  })
  const one = await client()
  const reply = one.ask()
  received = reply
  await reply.ended()
  assert.equal(reply.bytes, total)
  // What the window of the client and the queues of both sides hold.
  assert.ok(ahead < 24 * 1024 * 1024, `${ahead} bytes ahead`)
})

test('an early reply reaches a client that still sends', async () => {
  const { client } = await served({
    serve(stream) {
      stream.attach(nothing)
      stream.sendHead('413 Content Too Large', '', 'streamed')
      stream.sendPiece('no')
      stream.sendEnd([])
    },
  })
  const one = await client()
  const reply = one.ask({ method: 'POST', body: 'open' })
  one.send(reply.id, Buffer.alloc(100_000), false)
  await reply.until(() => reply.text === 'no')
  assert.equal(reply.status, 413)
})

test('a client that gives up is noticed: while it sends, and while it is sent to', async () => {
  const gone: string[] = []
  const both = Promise.withResolvers<void>()
  const { client } = await served({
    serve(stream) {
      const piece = Buffer.alloc(64 * 1024)
      const send = () => {
        for (let i = 0; i < 4; i++) if (!stream.sendPiece(piece)) return
        setImmediate(send)
      }
      stream.attach({
        ...nothing,
        clientWritable: send,
        clientGone(fault) {
          gone.push(`${stream.head.method} ${fault}`)
          if (gone.length === 2) both.resolve()
        },
      })
      if (stream.head.method === 'POST') return stream.readBody()
      stream.sendHead('200 OK', '', 'streamed')
      send()
    },
  })
  const one = await client()
  const upload = one.ask({ method: 'POST', body: 'open' })
  const download = one.ask()
  await download.until(() => download.bytes > 0)
  one.giveUp(upload.id)
  one.giveUp(download.id)
  await both.promise
  assert.deepEqual(gone.toSorted(), ['GET CLIENT_CLOSED', 'POST CLIENT_CLOSED'])
})

test('a reply that is cut looks like one', async () => {
  const { client } = await served({
    serve(stream) {
      stream.attach(nothing)
      stream.sendHead('200 OK', '', 10)
      stream.sendPiece('half')
      setTimeout(() => stream.cut(), 20)
    },
  })
  const reply = await (await client()).ask().ended()
  assert.equal(reply.state, 'broken')
})

test('closing lets what is under way end, then connections end without a fault', async () => {
  const asked = Promise.withResolvers<Stream>()
  const { client, listener } = await served({
    serve(stream) {
      stream.attach(nothing)
      asked.resolve(stream)
    },
  })
  const one = await client()
  const idle = await client()
  const reply = one.ask()
  const stream = await asked.promise
  const closing = listener.close(0)
  await idle.until(() => idle.state === 'closed')
  await one.until(() => one.isLeaving)
  stream.sendHead('200 OK', '', 'streamed')
  stream.sendPiece('last')
  stream.sendEnd([])
  await reply.ended()
  assert.equal(reply.text, 'last')
  await closing
  await one.until(() => one.state === 'closed')
  assert.deepEqual([one.closeCode, idle.closeCode], [0x100, 0x100])
})

test('each name has its certificate, and others are in force while connections go on', async () => {
  const names = [['one.test'], ['two.test', '*.two.test']]
  const { client, listener, warnings } = await served({ names })
  const proved = (at: number, generation = 1) => ({
    rejectUnauthorized: true,
    ca: authorityOf(names[at]!, generation),
  })
  const one = await client('one.test', proved(0))
  const two = await client('two.test', proved(1))
  const sub = await client('a.two.test', proved(1))
  const wrong = await client('two.test', proved(0))
  assert.deepEqual(
    [one, two, sub, wrong].map(({ state }) => state),
    ['open', 'open', 'open', 'closed'],
  )
  listener.renew(materialFor(names, 2))
  let again = await client('two.test', proved(1, 2))
  while (again.state !== 'open') again = await client('two.test', proved(1, 2))
  for (const each of [one, two, sub, again]) {
    assert.equal((await each.ask().ended()).status, 200)
  }
  assert.deepEqual(warnings, [])
})

test('what is of no use as a certificate leaves the old one in force', async () => {
  const { client, listener, warnings } = await served()
  const broken = {
    ...materialFor([['localhost']]),
    certificates: [{ names: [], cert: 'x', key: 'y' }],
  }
  listener.renew(broken)
  while (warnings.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.match(warnings[0]!, /keeps its certificates/)
  assert.equal((await (await client()).ask().ended()).status, 200)
})
