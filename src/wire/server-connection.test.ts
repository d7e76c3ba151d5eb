// A client's connection without a network: what is done to its socket, and when.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits, manualClock } from '../base.ts'
import type { Stream, StreamEvents } from '../http.ts'
import type { ByteSocket } from './bytes.ts'
import { ServerConnection } from './server-connection.ts'
import { Sweeper } from './sweeper.ts'

const answerAtOnce = (stream: Stream): void => {
  stream.sendHead('200 OK', 'Content-Length: 0\r\n', 0)
  stream.sendEnd([])
}

function connectionWith(queuedBytes: number, exchange = answerAtOnce) {
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
    reset: () => calls.push('reset'),
  } as unknown as ByteSocket
  const connection = new ServerConnection({
    clock,
    sweeper: new Sweeper(clock, assert.ifError),
    limits: defaultLimits,
    owner: {
      exchange,
      malformed: assert.ifError,
      bug() {},
      left() {},
    },
  })
  connection.open(socket, { address: '127.0.0.1', port: 1, memo: undefined })
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  connection.bytes(request, request.length)
  return { connection, calls, clock }
}

test('a connection that is closed between requests says so first, and waits a little', () => {
  for (const queuedBytes of [0, 10]) {
    const { connection, calls, clock } = connectionWith(queuedBytes)
    connection.closeSoon()
    assert.deepEqual(calls, ['finish'])
    clock.advance(10_000)
    const silent = queuedBytes === 0 ? ['finish', 'destroy'] : ['finish', 'reset']
    assert.deepEqual(calls.slice(0, 2), silent)
  }
})

test('an idle connection gets no more than a FIN when its time is up', () => {
  const { calls, clock } = connectionWith(0)
  clock.advance(defaultLimits.idleTimeoutMs + 200)
  assert.deepEqual(calls, ['finish'])
})

test('whose fault it is that nothing can be sent any more', () => {
  const broken = Object.assign(new Error(), { code: 'ECONNRESET' })
  const rows: [
    end: (connection: ServerConnection) => void,
    error: Error | undefined,
    want: string[],
  ][] = [
    [() => {}, undefined, ['CLIENT_CLOSED', 'the client closed the connection']],
    [() => {}, broken, ['CLIENT_CLOSED', 'the connection to the client broke (ECONNRESET)']],
    [(one) => one.stop(), undefined, ['OVERLOADED', 'the gateway stopped']],
    [(one) => one.threw(broken), undefined, ['INTERNAL_ERROR', 'a bug of the gateway']],
  ]
  for (const [end, error, want] of rows) {
    const told: string[] = []
    const clientGone = (...why: string[]) => told.push(...why)
    const events = { clientGone } as unknown as StreamEvents
    const { connection } = connectionWith(0, (stream) => stream.attach(events))
    end(connection)
    connection.closed(error)
    assert.deepEqual(told, want)
  }
})
