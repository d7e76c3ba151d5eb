// A client's connection without a network: what is done to its socket, and when.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits, manualClock } from '../base.ts'
import type { Stream, StreamEvents } from '../http.ts'
import type { ByteSocket } from './bytes.ts'
import { FrameTeller } from './http2/frames-for-tests.ts'
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

test('a connection whose first bytes are those of HTTP/2 is handed on, however they come', () => {
  const text = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
  const settings = '\0\0\0\x04\0\0\0\0\0'
  const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  const passed = 'SETTINGS and their ACK'
  const rows: [says: string, bytes: string, step: number, want: string][] = [
    ['whole', text + settings, Infinity, passed],
    ['byte by byte', text + settings, 1, passed],
    ['cut within the line', text + settings, 10, passed],
    ['cut behind the line', text + settings, 18, passed],
    ['behind an empty line', `\r\n${text}`, Infinity, 'refused'],
    ['behind a request', request + text, Infinity, 'refused'],
    ['another version', text.replace('2.0', '3.0'), Infinity, 'refused'],
  ]
  for (const [says, bytes, step, want] of rows) {
    let written = ''
    let refused = ''
    let left = 0
    let heard: { bytes(view: Buffer, length: number): void } | undefined
    const clock = manualClock()
    const connection = new ServerConnection({
      clock,
      sweeper: new Sweeper(clock, assert.ifError),
      limits: defaultLimits,
      owner: {
        exchange: answerAtOnce,
        malformed: (_stream, { code }) => (refused = code),
        bug: assert.ifError,
        left: () => left++,
      },
    })
    const write = (part: string) => (written += part) !== ''
    const socket = {
      full: false,
      queuedBytes: 0,
      write,
      writeSoon: write,
      passTo: (sink: typeof heard) => (heard = sink),
      pause() {},
      resume() {},
      flush() {},
      finish() {},
      destroy: () => (heard as ServerConnection).closed(undefined),
    } as unknown as ByteSocket
    connection.open(socket, { address: '127.0.0.1', port: 1, memo: undefined })
    if (want === passed) connection.drain()
    heard = connection
    for (let at = 0; at < bytes.length; at += step) {
      const part = Buffer.from(bytes.slice(at, at + step), 'latin1')
      heard.bytes(part, part.length)
    }
    if (want === 'refused') {
      assert.equal(refused, 'VERSION_NOT_SUPPORTED', says)
      continue
    }
    assert.deepEqual(
      new FrameTeller().tell(written),
      ['settings', 'windowUpdate 0 983041', 'goaway 2147483647 noError', 'settings ack'],
      says,
    )
    // What is told to the one that was there first, the other one does.
    connection.stop()
    assert.equal(left, 1)
  }
})
