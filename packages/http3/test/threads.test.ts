// Threads that share a port, as they come and go. Here they are two listeners of one thread: each
// knows the other by its channel alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream } from '../../../src/http.ts'
import { echo, served } from './served.ts'

test('connections stay with their thread, new ones go to those that take them', async () => {
  const asked = Promise.withResolvers<Stream>()
  const first = await served({
    serve(stream) {
      if (stream.head.target !== '/slow') return echo(stream)
      stream.attach({
        requestPiece() {},
        requestEnded() {},
        requestBroken() {},
        clientWritable() {},
        clientGone() {},
      })
      asked.resolve(stream)
    },
  })
  const { port } = first
  const old = await Promise.all(Array.from({ length: 6 }, () => first.client()))
  const second = await served({ port })
  for (const one of old) assert.equal((await one.ask().ended()).status, 200)
  const slow = old[0]!.ask({ path: '/slow' })
  const stream = await asked.promise
  const closing = first.listener.close(0)
  const fresh = await Promise.all(Array.from({ length: 12 }, () => second.client()))
  for (const one of fresh) assert.equal((await one.ask().ended()).status, 200)
  assert.equal(second.listener.connections, fresh.length)
  stream.sendHead('200 OK', '', 'streamed')
  stream.sendPiece('at last')
  stream.sendEnd([])
  assert.equal((await slow.ended()).text, 'at last')
  await closing
  for (const one of fresh) assert.equal((await one.ask().ended()).status, 200)
  assert.deepEqual([first.bugs, second.bugs], [[], []])
})
