// The client side without a network: what an endpoint sends in pieces of any size, and what it sends
// that is broken anywhere, told to calls once each and never thrown.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  data,
  head,
  headersFrames,
  setting,
  settingsAck,
  settingsFrame,
  status,
} from '../../../test/frame-end.ts'
import { limitsWith, manualClock, seededRandom } from '../../base.ts'
import type { ByteStream } from '../bytes.ts'
import type { Call, CallEvents } from '../call.ts'
import { compileReplyReading } from '../roles.ts'
import { Sweeper } from '../sweeper.ts'
import { Http2ClientConnection } from './client-connection.ts'
import { encodeLines } from './hpack-encoder.ts'

const terms = {
  reading: compileReplyReading({ drop: [], add: [] }),
  fieldsWanted: true,
  firstByteTimeoutMs: 100_000,
  replyIdleTimeoutMs: 100_000,
  deadlineMs: Number.MAX_SAFE_INTEGER,
}

/** What a call heard, as text; `ends` counts how often it was told of its end. */
class Heard implements CallEvents {
  text = ''
  ends = 0

  replyInterim({ status: code }: Parameters<CallEvents['replyInterim']>[0]): void {
    this.text += `<${code}>`
  }

  replyHead({ status: code, headers }: Parameters<CallEvents['replyHead']>[0]): void {
    assert.equal(this.ends, 0)
    this.text += `[${code} ${headers.join(' ')}]`
  }

  replyPiece(piece: Buffer | string): void {
    assert.equal(this.ends, 0)
    this.text += piece.toString('latin1')
  }

  replyEnded(trailers: readonly string[]): void {
    this.text += `(${trailers.join(' ')})`
    this.ends++
  }

  callFailed({ kind }: Parameters<CallEvents['callFailed']>[0]): void {
    this.text += `!${kind}`
    this.ends++
  }

  upstreamWritable(): void {}
}

const write = (): boolean => true

function opened(calls: number) {
  const bugs: unknown[] = []
  const clock = manualClock(1_000)
  const sweeper = new Sweeper(clock, (error) => bugs.push(error))
  let isGone = false
  const socket = {
    full: false,
    queuedBytes: 0,
    sentBytes: 0,
    write,
    writeSoon: write,
    writeFilled: write,
    flush() {},
    destroy: () => (isGone = true),
    reset: () => (isGone = true),
  } as unknown as ByteStream
  const keeper = { opened() {}, unopened() {}, freed() {}, upgraded() {}, closed() {} }
  const tools = {
    sweeper,
    limits: limitsWith({}),
    keeper,
    bug: (error: unknown) => void bugs.push(error),
  }
  const greeted = { greeted() {}, ungreeted() {} }
  const connection = new Http2ClientConnection(socket, false, tools, greeted)
  const receive = (bytes: Buffer): void => {
    if (isGone) return
    try {
      connection.bytes(bytes, bytes.length)
    } catch (error) {
      bugs.push(error)
    }
  }
  receive(Buffer.from(settingsFrame([[setting.maxConcurrentStreams, 100]]), 'latin1'))
  const heard = Array.from({ length: calls }, () => new Heard())
  const begun: Call[] = heard.map((one) => {
    const call = connection.takeCall()
    call.begin(one, 'GET', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'done', terms)
    return call
  })
  const close = (): void => {
    sweeper.stop()
    connection.closed(undefined)
  }
  return { begun, bugs, clock, close, connection, heard, receive }
}

/** Three replies, woven: of a length, with trailers behind an interim one, and empty. */
const woven = [
  settingsAck,
  head(1, 200, 'content-length: 10', 'x-a: b'),
  headersFrames(3, status(103), false),
  data(1, 'hello'),
  head(3, 200, 'x-c: d'),
  data(3, 'some'),
  headersFrames(5, status(204), true),
  data(1, 'world', true),
  data(3, ' more'),
  headersFrames(3, encodeLines('x-sum: 9\r\n'), true),
].join('')

const want = [
  '[200 content-length 10 x-a b]helloworld()',
  '<103>[200 x-c d]some more(x-sum 9)',
  '[204 ]()',
]

test('replies are the same in pieces of any size', () => {
  for (let size = 1; size <= woven.length; size++) {
    const { bugs, close, heard, receive } = opened(3)
    for (let at = 0; at < woven.length; at += size) {
      receive(Buffer.from(woven.slice(at, at + size), 'latin1'))
    }
    assert.deepEqual([heard.map(({ text }) => text), bugs], [want, []], `pieces of ${size}`)
    close()
    assert.deepEqual(
      heard.map(({ ends }) => ends),
      [1, 1, 1],
    )
  }
})

test('what pauses at any moment gets all of its reply when it goes on', () => {
  for (let size = 1; size <= woven.length; size += 7) {
    const { begun, bugs, close, heard, receive } = opened(3)
    for (let at = 0; at < woven.length; at += size) {
      for (const call of begun) call.pause()
      receive(Buffer.from(woven.slice(at, at + size), 'latin1'))
      for (const call of begun.toReversed()) call.resume()
    }
    assert.deepEqual([heard.map(({ text }) => text), bugs], [want, []], `pieces of ${size}`)
    close()
  }
})

test('whatever is broken of what comes, each call ends once, and nothing is thrown', () => {
  const random = seededRandom(7)
  const below = (bound: number): number => Math.floor(random() * bound)
  for (let round = 0; round < 3_000; round++) {
    const { begun, bugs, clock, close, heard, receive } = opened(3)
    const bytes = Buffer.from(woven, 'latin1')
    for (let i = below(4); i >= 0; i--) bytes[below(bytes.length)] = below(256)
    const left = new Set<number>()
    const from = random() < 0.2 ? below(bytes.length) : 0
    const to = random() < 0.2 ? below(bytes.length) : bytes.length
    for (let at = from; at < to;) {
      const end = Math.min(to, at + 1 + below(60))
      receive(bytes.subarray(at, end))
      at = end
      const which = below(begun.length)
      const one = begun[which]!
      const act = below(12)
      if (act === 0) one.pause()
      else if (act === 1) one.resume()
      else if (act === 2) one.discard()
      else if (act === 3) one.abandon()
      else if (act === 4) clock.advance(below(2_000))
      if (act === 2 || act === 3) left.add(which)
    }
    close()
    assert.deepEqual(bugs, [], `round ${round}`)
    for (const [i, { ends }] of heard.entries()) {
      assert.ok(ends === 1 || (ends === 0 && left.has(i)), `round ${round}: ${ends} ends`)
    }
  }
})
