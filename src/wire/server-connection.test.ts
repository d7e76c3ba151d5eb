// A client's connection without a network: what is done to its socket, and when.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits, manualClock } from '../base.ts'
import type { ByteSocket } from './bytes.ts'
import { ServerConnection } from './server-connection.ts'
import { Sweeper } from './sweeper.ts'

function connectionWith(queuedBytes: number) {
  const clock = manualClock()
  const calls: string[] = []
  const socket = {
    full: false,
    queuedBytes,
    sentBytes: 0,
    write: () => true,
    pause() {},
    resume() {},
    finish: () => calls.push('finish'),
    destroy: () => calls.push('destroy'),
  } as unknown as ByteSocket
  const connection = new ServerConnection({
    clock,
    sweeper: new Sweeper(clock, assert.ifError),
    limits: defaultLimits,
    owner: {
      exchange(stream) {
        stream.sendHead('200 OK', 'Content-Length: 0\r\n', 0)
        stream.sendEnd([])
      },
      malformed: assert.ifError,
      bug: assert.ifError,
      left() {},
    },
  })
  connection.open(socket, { address: '127.0.0.1', port: 1, memo: undefined })
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  connection.bytes(request, request.length)
  return { connection, calls }
}

test('a connection that is closed between requests lets its last reply out first', () => {
  const { connection, calls } = connectionWith(10)
  connection.closeSoon()
  assert.deepEqual(calls, ['finish'])
})

test('one with nothing to let out ends at once', () => {
  const { connection, calls } = connectionWith(0)
  connection.closeSoon()
  assert.deepEqual(calls, ['destroy'])
})
