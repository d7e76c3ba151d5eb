// Floods of WebSocket: frames that are wrong in every way, and frames that are right and too many.
import { constants, deflateRawSync } from 'node:zlib'
import { frameOf } from '../../../src/http.ts'
import type { Arena } from './arena.ts'
import { Attacker, sleep } from './attacker.ts'
import type { Flood } from './flood.ts'

const mask = Uint8Array.of(1, 2, 3, 4)
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A frame of a client with any first byte. */
function framed(first: number, payload: string | Uint8Array): Buffer {
  const frame = frameOf(0, typeof payload === 'string' ? latin1(payload) : payload, mask)
  frame[0] = first
  return Buffer.from(frame)
}

const times = (count: number, frame: Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => frame))

const handshake = (path: string, fields: readonly string[] = []): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: api.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...fields,
    '',
    '',
  ].join('\r\n')

async function opened(
  { port }: Arena,
  path: string,
  fields?: readonly string[],
): Promise<Attacker> {
  const attacker = new Attacker({ port })
  attacker.say(handshake(path, fields))
  await attacker.until(() => attacker.first.includes('\r\n\r\n'))
  attacker.heard = () => {
    attacker.isTold ||= closeIn(attacker) !== undefined
  }
  return attacker
}

/** The code and reason of a Close that came last. */
function closeIn({ first, last }: Attacker): string | undefined {
  const behind = first.length < 60_000 ? first.slice(first.indexOf('\r\n\r\n') + 4) : last
  const at = behind.lastIndexOf('\x88')
  if (at < 0 || behind.length < at + 4) return undefined
  const code = (behind.charCodeAt(at + 2) << 8) | behind.charCodeAt(at + 3)
  return `Close ${code} ${behind.slice(at + 4)}`
}

const toldOf = (attacker: Attacker): string =>
  attacker.first.startsWith('HTTP/1.1 101')
    ? (closeIn(attacker) ?? 'cut')
    : attacker.first.split('\r\n', 1)[0]!

const flood = (
  name: string,
  ends: RegExp,
  path: '/socket' | '/bounded',
  first: Uint8Array,
  again: (round: number) => Uint8Array,
): Flood => ({
  name: `WebSocket: ${name}`,
  ends,
  async attack(arena) {
    const attacker = await opened(arena, path)
    if (first.length > 0) attacker.say(first)
    await attacker.flood(again)
    return toldOf(attacker)
  },
})

const none = Buffer.alloc(0)
const over = (
  name: string,
  ends: RegExp,
  again: Uint8Array,
  path: '/socket' | '/bounded' = '/socket',
) => flood(name, ends, path, none, () => again)

const wrong = /^Close 1002/
const tooMany = /^Close 1008/

/** 10 MB of nothing in 10 kB. */
const bomb = deflateRawSync(Buffer.alloc(10_000_000), { finishFlush: constants.Z_SYNC_FLUSH })

export const webSocketFloods: readonly Flood[] = [
  over('frames without a mask', wrong, latin1('\x81\x01a')),
  over('unknown opcodes', wrong, framed(0x83, 'a')),
  over('unknown opcodes of control', wrong, framed(0x8f, '')),
  over('reserved bits', wrong, framed(0xb1, 'a')),
  over('fragments of control', wrong, framed(0x09, 'a')),
  over('long pings', wrong, framed(0x89, 'x'.repeat(126))),
  over('continuations of nothing', wrong, framed(0x80, 'a')),
  over('lengths in a long form', wrong, latin1('\x82\xfe\x00\x05aaaa')),
  over(
    'a length of 63 bits',
    /^Close 1009/,
    latin1('\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffaaaa'),
  ),
  over(
    'a length of 64 bits',
    /^Close 1009/,
    latin1('\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffaaaa'),
  ),
  over('pings', tooMany, times(1_000, framed(0x89, 'x'.repeat(125)))),
  over('pongs', tooMany, times(1_000, framed(0x8a, ''))),
  over('messages that are empty', tooMany, times(1_000, framed(0x82, '')), '/bounded'),
  over('messages', tooMany, times(100, framed(0x81, 'x'.repeat(1_000))), '/bounded'),
  flood('65,536 fragments', /^Close 1009/, '/socket', framed(0x01, ''), () =>
    times(1_000, framed(0x00, '')),
  ),
  flood('65,536 fragments of a byte', /^Close 1009/, '/bounded', framed(0x01, 'a'), () =>
    times(1_000, framed(0x00, 'a')),
  ),
  flood('a message without end', /^Close 1009/, '/bounded', framed(0x02, 'a'), () =>
    framed(0x00, 'x'.repeat(16_000)),
  ),
  over('invalid UTF-8', /^Close 1007/, framed(0x81, '\xc0\x80'.repeat(10_000)), '/bounded'),
  over('UTF-8 that is cut', /^Close 1007/, framed(0x81, '\xf0\x9f\x98'), '/bounded'),
  over('Closes', /^Close|^cut/, times(1_000, framed(0x88, '\x03\xe8'))),
  over('Closes that say nothing valid', wrong, framed(0x88, '\x03\xed')),
  over('HTTP behind the handshake', wrong, latin1('GET /quick HTTP/1.1\r\nHost: a\r\n\r\n')),
  over('a bomb of deflate that nobody agreed to', wrong, framed(0xc2, bomb)),
  {
    name: 'WebSocket: bombs of deflate where the gateway looks inside',
    ends: wrong,
    async attack(arena) {
      const offers = ['Sec-WebSocket-Extensions: permessage-deflate']
      const attacker = await opened(arena, '/bounded', offers)
      await attacker.flood(() => framed(0xc2, bomb))
      return toldOf(attacker)
    },
  },
  {
    name: 'WebSocket: bombs of deflate that go through unread',
    ends: /^HTTP\/1\.1 101|^Close|^cut/,
    async attack(arena) {
      const offers = ['Sec-WebSocket-Extensions: permessage-deflate']
      const attacker = await opened(arena, '/socket', offers)
      for (let i = 0; i < 100; i++) attacker.say(framed(0xc2, bomb))
      await sleep(20)
      attacker.say(framed(0x88, ''))
      await attacker.closed()
      return toldOf(attacker)
    },
  },
  {
    name: 'WebSocket: pages of foreign origins',
    ends: /^HTTP\/1\.1 403/,
    async attack(arena) {
      const one = async () => {
        const attacker = await opened(arena, '/socket', [
          'Origin: https://evil.test',
          'Connection: close',
        ])
        attacker.leave()
        return toldOf(attacker)
      }
      const told = await Promise.all(Array.from({ length: 100 }, one))
      return [...new Set(told)].join(', ')
    },
  },
  {
    name: 'WebSocket: more sockets than one address may have',
    ends: /^101: 200, 429: 50$/,
    async attack(arena) {
      const all = await Promise.all(Array.from({ length: 250 }, () => opened(arena, '/socket')))
      const count = (status: string) =>
        all.filter(({ first }) => first.startsWith(`HTTP/1.1 ${status}`)).length
      const told = `101: ${count('101')}, 429: ${count('429')}`
      for (const attacker of all) attacker.leave()
      await arena.service.quiet()
      return told
    },
  },
  {
    // A frame under way is an open socket as any other: its silence ends it.
    name: 'WebSocket: 100 sockets with a frame byte by byte',
    ends: /^Close 1001|^cut/,
    async attack(arena) {
      const bytes = framed(0x82, 'x'.repeat(1_000))
      const one = async () => {
        const attacker = await opened(arena, '/bounded')
        for (let i = 0; i < 10; i++) {
          attacker.say(bytes.subarray(i, i + 1))
          await sleep(100)
        }
        await attacker.closed()
        return toldOf(attacker)
      }
      const told = await Promise.all(Array.from({ length: 100 }, one))
      return [...new Set(told)].join(', ')
    },
  },
  {
    name: 'WebSocket: pings whose pongs are never read',
    ends: /^Close|^cut/,
    async attack(arena) {
      const attacker = await opened(arena, '/socket')
      attacker.socket.pause()
      for (let i = 0; i < 40 && !attacker.isClosed; i++) {
        attacker.say(times(1_000, framed(0x89, 'x'.repeat(125))))
        await sleep(10)
      }
      attacker.socket.resume()
      await attacker.closed()
      return toldOf(attacker)
    },
  },
]
