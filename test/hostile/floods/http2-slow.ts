// Clients of HTTP/2 that hold what they have: they say little, slowly, or take nothing of what they
// asked for. Time ends them, and what they hold meanwhile is bounded.
import {
  frameHead,
  frameType,
  preface,
  setting,
  settingsAck,
  settingsFrame,
  windowUpdateFrame,
} from '../../../src/wire/http2/frames.ts'
import type { Arena } from './arena.ts'
import { Attacker, sleep } from './attacker.ts'
import type { Flood } from './flood.ts'
import { asks, fields, headers, http2Attack, many, opening, opens, stream } from './http2.ts'

const everyMs = 100
const get = asks('GET', '/large')
const post = asks('POST', '/held') + fields(['content-type', 'application/octet-stream'])

/** Byte by byte, and over again. */
const dripping = (name: string, ends: RegExp, first: string, bytes: string): Flood => ({
  name: `HTTP/2: slow ${name}`,
  ends,
  isSlow: true,
  attack: (arena) =>
    http2Attack(arena, (attacker) => {
      attacker.say(first)
      return attacker.drip(everyMs, (round) => bytes[round % bytes.length]!)
    }),
})

/** Asks for much in 100 streams, and then does as it is told. */
const holding = (
  name: string,
  settings: readonly (readonly [number, number])[],
  act: (attacker: Attacker) => Promise<void>,
): Flood => ({
  name: `HTTP/2: ${name}`,
  ends: /cancel|^cut$|^noError/,
  isSlow: true,
  attack: (arena) =>
    http2Attack(arena, async (attacker) => {
      attacker.say(preface + settingsFrame(settings) + settingsAck)
      attacker.say(many(100, (i) => headers(stream(i), get)))
      await act(attacker)
      await attacker.closed()
    }),
})

const nothing = async () => {}
const notInTime = /^enhanceYourCalm: a frame or section did not end in time/

export const slowFloods: readonly Flood[] = [
  // Until it has said its whole first line it may be a client of HTTP/1.1.
  dripping('preface', /^cut$/, '', preface),
  dripping('head of a frame', notInTime, opening, frameHead(16_000, frameType.headers, 0, 1)),
  dripping(
    'HEADERS',
    notInTime,
    opening + frameHead(16_000, frameType.headers, opens, 1),
    '\x82\x84',
  ),
  dripping(
    'CONTINUATION, a frame at a time',
    notInTime,
    opening + headers(1, get, 0),
    frameHead(1, frameType.continuation, 0, 1) + '\x82',
  ),
  dripping(
    'DATA',
    /noError|cancel|protocolError/,
    opening + headers(1, post, opens) + frameHead(16_000, frameType.data, 0, 1),
    'x',
  ),
  {
    name: 'HTTP/2: 200 connections that say nothing behind the preface',
    ends: /^noError$/,
    isSlow: true,
    async attack(arena) {
      const one = () =>
        http2Attack(arena, (attacker) => {
          attacker.say(opening)
          return attacker.closed()
        })
      const told = await Promise.all(Array.from({ length: 200 }, one))
      return [...new Set(told)].join(', ')
    },
  },
  holding('100 large replies that nobody takes', [[setting.initialWindowSize, 0]], nothing),
  holding(
    '100 large replies behind the window of the connection',
    [[setting.initialWindowSize, 0x7fff_ffff]],
    nothing,
  ),
  holding(
    '100 large replies, a byte of each at a time',
    [[setting.initialWindowSize, 0]],
    async (attacker) => {
      const grow = many(100, (i) => windowUpdateFrame(stream(i), 1))
      await attacker.drip(250, () => grow)
    },
  ),
  holding(
    '100 large replies, never read from the socket',
    [[setting.initialWindowSize, 0x7fff_ffff]],
    async (attacker) => {
      attacker.say(windowUpdateFrame(0, 0x7fff_0000))
      attacker.socket.pause()
      await sleep(2_500)
      attacker.socket.resume()
    },
  ),
  {
    name: 'HTTP/2: 100 bodies that are sent without end, and not taken',
    ends: /noError|cancel/,
    isSlow: true,
    attack: (arena: Arena) =>
      http2Attack(arena, async (attacker) => {
        attacker.say(opening + settingsAck + many(100, (i) => headers(stream(i), post, opens)))
        await attacker.closed()
      }),
  },
]
