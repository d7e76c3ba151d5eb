// Bodies of any size in flat memory: whoever is slow slows the other end down, and nothing piles up.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { eventually, type Peer, settled } from '../../test/raw-peer.ts'
import { seededRandom } from '../base.ts'
import { ask, openRelay } from './relay-for-tests.ts'

const MB = 1024 * 1024

/** What may lie in the kernel's buffers of four sockets on the loopback, and in ours. */
const underWayBytesMax = 40 * MB

/** STREAM_MB=1024 makes it a gigabyte each way. */
const streamBytes = Number(process.env['STREAM_MB'] ?? 64) * MB

const takenFrom = (socket: Socket): number => socket.bytesWritten - socket.writableLength

/** Waits until a number no longer grows. */
async function standstill(read: () => number): Promise<number> {
  for (let before = -1; ;) {
    const now = read()
    if (now === before) return now
    before = now
    for (let i = 0; i < 5; i++) await settled()
  }
}

/** Bytes that a seed makes, again and again the same. */
function* seededPieces(seed: number, bytes: number): Generator<Buffer> {
  const random = seededRandom(seed)
  const noise = Buffer.from(Array.from({ length: 100_003 }, () => Math.floor(random() * 256)))
  for (let left = bytes; left > 0;) {
    const length = Math.min(left, 1 + Math.floor(random() * noise.length))
    left -= length
    yield noise.subarray(0, length)
  }
}

function digestOf(pieces: Iterable<Buffer>): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

/** Digests what a peer receives behind the head, as it comes. */
function digestBody(peer: Peer) {
  const hash = createHash('sha256')
  let head = ''
  let bytes = 0
  peer.keepBytesMax = 0
  peer.socket.on('data', (data: Buffer) => {
    if (head.includes('\r\n\r\n')) {
      bytes += data.length
      return hash.update(data)
    }
    const before = head.length
    head += data.toString('latin1')
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return hash
    const body = data.subarray(end + 4 - before)
    bytes += body.length
    return hash.update(body)
  })
  return { bytes: () => bytes, digest: () => hash.digest('hex') }
}

test('a client that reads slowly stops the endpoint, and nothing piles up between', async (t) => {
  const { endpoint, sent } = await openRelay(t)
  const client = await sent(ask('GET /a'))
  const upstream = await endpoint.next()
  await upstream.until('\r\n\r\n')
  client.socket.pause()
  const size = 200 * MB
  upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
  Readable.from(seededPieces(1, size)).pipe(upstream.socket)
  const taken = await standstill(() => takenFrom(upstream.socket))
  assert.ok(taken < underWayBytesMax, `${taken} bytes were taken from the endpoint`)
  client.keepBytesMax = 0
  client.socket.resume()
  await eventually('it flows again', () => client.receivedBytes > taken + MB)
})

test('an endpoint that reads slowly stops the client, in both framings', async (t) => {
  for (const framing of ['Content-Length: 209715200', 'Transfer-Encoding: chunked']) {
    const { endpoint, sent } = await openRelay(t)
    const client = await sent(ask('POST /a', framing))
    const upstream = await endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.socket.pause()
    const pieces = function* () {
      for (const piece of seededPieces(2, 200 * MB)) {
        if (framing.startsWith('C')) yield piece
        else
          yield Buffer.concat([
            Buffer.from(`${piece.length.toString(16)}\r\n`),
            piece,
            Buffer.from('\r\n'),
          ])
      }
    }
    Readable.from(pieces()).pipe(client.socket)
    const taken = await standstill(() => takenFrom(client.socket))
    assert.ok(taken < underWayBytesMax, `${framing}: ${taken} bytes were taken from the client`)
    upstream.keepBytesMax = 0
    upstream.socket.resume()
    await eventually('it flows again', () => upstream.receivedBytes > taken + MB)
  }
})

test('a large body goes through both ways at once, to the byte, in flat memory', async (t) => {
  const { endpoint, record, sent } = await openRelay(t, {
    limits: { bodyBytesMax: 2 * streamBytes },
  })
  const client = await sent(ask('POST /a', `Content-Length: ${streamBytes}`))
  const upstream = await endpoint.next()
  const request = digestBody(upstream)
  await upstream.until(/^/)
  const reply = digestBody(client)
  await eventually('the head comes', () => upstream.receivedBytes > 0)
  const before = process.memoryUsage().rss
  let most = before
  upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: ${streamBytes}\r\n\r\n`)
  Readable.from(seededPieces(3, streamBytes)).pipe(client.socket, { end: false })
  // A reply that is whole ends the exchange, however much of the request is still to come.
  async function* replyPieces() {
    let left = streamBytes
    for (const piece of seededPieces(4, streamBytes)) {
      left -= piece.length
      if (left === 0) await eventually('it has the request', () => request.bytes() === streamBytes)
      yield piece
    }
  }
  Readable.from(replyPieces()).pipe(upstream.socket, { end: false })
  while (request.bytes() < streamBytes || reply.bytes() < streamBytes) {
    most = Math.max(most, process.memoryUsage().rss)
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(!client.closed && !upstream.reset, 'nobody is cut off')
  }
  assert.equal(request.digest(), digestOf(seededPieces(3, streamBytes)))
  assert.equal(reply.digest(), digestOf(seededPieces(4, streamBytes)))
  const { requestBytes, replyBytes } = await record()
  assert.deepEqual([requestBytes, replyBytes], [streamBytes, streamBytes])
  const grownMB = Math.round((most - before) / MB)
  t.diagnostic(`${streamBytes / MB} MB each way, grown by ${grownMB} MB`)
  assert.ok(grownMB < 120, `memory grew by ${grownMB} MB`)
})
