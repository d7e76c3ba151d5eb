// The server of HTTP/2 under random frames: whatever comes, in whatever pieces, it means the same,
// nothing is thrown, and no exchange is left without an end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  blockOf,
  endHeaders,
  type Fields,
  frame,
  get,
  headers,
  type Heard,
  opening,
  Peer,
  post,
  reply,
  uint32,
} from './frames-for-tests.ts'
import { frameHead, frameType, settingsFrame } from './frames.ts'

type Random = (below: number) => number

function randomFrom(seed: number): Random {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const types = Object.values(frameType)
const heads: readonly Fields[] = [
  get,
  post,
  [...post, ['content-length', '5']],
  [...get, ['cookie', 'a'], ['x-a', 'b'], ['cookie', 'c']],
  [...post, ['expect', '100-continue']],
  [[':method', 'CONNECT'], [':protocol', 'websocket'], ...get.slice(1)],
  get.slice(1),
  [...get, ['X', 'y']],
  [['x-trailer', 'y']],
]

/** Mostly what a client may say, now and then what it may not. */
function randomFrame(random: Random): string {
  const id = random(12) * 2 + 1 - (random(40) === 0 ? 1 : 0)
  const fields = heads[random(heads.length)]!
  switch (random(12)) {
    case 0:
    case 1:
    case 2:
      return headers(id, fields, random(2) + endHeaders)
    case 3: {
      const block = blockOf(fields)
      const cut = random(block.length)
      const first = frame('headers', random(2), id, block.slice(0, cut))
      return first + frame('continuation', endHeaders, id, block.slice(cut))
    }
    case 4:
    case 5:
      return frame('data', random(2), id, 'x'.repeat(random(8)))
    case 6:
      return frame('data', 8 + random(2), id, `${String.fromCharCode(random(4))}abc\0\0\0`)
    case 7:
      return frame('windowUpdate', 0, random(2) * id, uint32(random(100)))
    case 8:
      return frame('rstStream', 0, id, uint32(random(14)))
    case 9:
      return settingsFrame([[random(10), random(70_000)]])
    case 10:
      return frame('ping', random(2), 0, '12345678')
    default:
      return junk(random)
  }
}

function junk(random: Random): string {
  const payload = Array.from({ length: random(20) }, () => String.fromCharCode(random(256))).join(
    '',
  )
  const bytes = payload.length + (random(8) === 0 ? random(3) : 0)
  return frameHead(bytes, types[random(types.length)]!, random(256), random(5)) + payload
}

/** Answers by what was asked, so that whole and cut make no difference. */
function serve({ stream }: Heard): void {
  const { bodyLength, headers: list } = stream.head
  if (stream.head.upgrade !== undefined) {
    stream.sendHead('101 Switching Protocols', '', 'tunnel')
    stream.readBody()
    stream.sendPiece('hello')
  } else if (bodyLength === 'none') {
    reply(stream, '200', 'x'.repeat(list.length * 10))
  } else if (bodyLength !== 5) {
    stream.readBody()
  } else {
    stream.sendHead('200 OK', '', 'streamed')
    stream.sendPiece('x'.repeat(100))
    stream.sendEnd(['a', 'b'])
  }
}

function outcome(bytes: string, step: number) {
  const peer = new Peer(serve)
  peer.says(bytes, step)
  // Of a window that opens as bytes are taken, when it opens depends on the pieces.
  const said = peer.hears().filter((one) => !one.startsWith('windowUpdate'))
  const heard = peer.heard.map(({ body, trailers, gone, broken }) => ({
    body,
    trailers,
    gone,
    broken,
  }))
  peer.connection.closed(undefined)
  return { said, heard, malformed: peer.malformed, bugs: peer.bugs, peer }
}

test('random frames mean the same whole and cut, and every exchange ends', () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const random = randomFrom(seed)
  for (let round = 0; round < 600; round++) {
    const bytes =
      opening + Array.from({ length: 1 + random(25) }, () => randomFrame(random)).join('')
    const says = `seed ${seed}, round ${round}`
    const { peer, ...whole } = outcome(bytes, Infinity)
    assert.deepEqual(whole.bugs, [], says)
    for (const step of [1, 2 + random(30)]) {
      const { peer: _, ...cut } = outcome(bytes, step)
      assert.deepEqual(cut, whole, `${says}, in steps of ${step}`)
    }
    for (const { stream, gone, trailers } of peer.heard) {
      // Answered whole, refused by a reset, or told that the client is gone.
      const isOver =
        gone !== undefined || trailers !== undefined || stream.head.bodyLength !== 'streamed'
      assert.ok(isOver, says)
    }
  }
})
