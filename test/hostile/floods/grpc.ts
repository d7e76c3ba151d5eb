// Calls of gRPC that lie: about lengths, deadlines, and how much their metadata is. Each is
// answered by itself, with a status of gRPC; what none of them may is reach an endpoint as
// something else, or hold what it says it will send.
import { fieldsOf } from '../../frame-end.ts'
import { frameFlag } from '../../../src/wire/http2/frames.ts'
import type { Flood } from './flood.ts'
import { data, fields, headers, http2Attack, many, opening, opens, stream } from './http2.ts'

type Pair = [name: string, value: string]

const callsAtOnce = 100
const rounds = 5

const call = (...more: Pair[]): string =>
  fields(
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', 'api.test'],
    [':path', '/chat.v1.Chat/Send'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ...more,
  )

const calls = (name: string, ends: RegExp, one: (id: number) => string): Flood => ({
  name: `gRPC: ${name}`,
  ends,
  attack(arena) {
    arena.endpoint.play(() => undefined)
    const statuses = new Set<string>()
    const told = http2Attack(arena, async (attacker, ear) => {
      ear.asked = (_id, block) => {
        const lines = fieldsOf({ type: 1, flags: 0, id: 0, payload: block.toString('latin1') })
        statuses.add(/grpc-status: (\d+)/i.exec(lines)?.[1] ?? 'none')
      }
      attacker.say(opening)
      for (let round = 0; round < rounds && !attacker.isClosed; round++) {
        attacker.say(many(callsAtOnce, (i) => one(stream(round * callsAtOnce + i))))
        await attacker.until(() => ear.ended.size >= (round + 1) * callsAtOnce)
      }
      attacker.leave()
    })
    return told.then((how) => `grpc-status ${[...statuses].join(', ')}; ${how}`)
  },
})

const message = '\0\0\0\0\x02ab'

export const grpcFloods: readonly Flood[] = [
  calls(
    'messages of 4 GB, by their prefix',
    /^grpc-status (8|3|13)/,
    (id) => headers(id, call(), opens) + data(id, '\0\xff\xff\xff\xffab', frameFlag.endStream),
  ),
  calls(
    'messages that end before their length',
    /^grpc-status (3|13)/,
    (id) => headers(id, call(), opens) + data(id, '\0\0\0\0\x05ab', frameFlag.endStream),
  ),
  ...['9999999999S', '-1S', '1', 'S', '1x', '1 S', '0x1S', '1S, 2S', '１S'].map((value) =>
    calls(
      `grpc-timeout: ${JSON.stringify(value)}`,
      /^grpc-status 3;/,
      (id) =>
        headers(id, call(['grpc-timeout', Buffer.from(value).toString('latin1')]), opens) +
        data(id, message, frameFlag.endStream),
    ),
  ),
  calls(
    'two deadlines',
    /^grpc-status 3;/,
    (id) =>
      headers(id, call(['grpc-timeout', '1S'], ['grpc-timeout', '2S']), opens) +
      data(id, message, frameFlag.endStream),
  ),
  calls('metadata in 400 fields', /too many streams were reset/, (id) =>
    headers(id, call() + '\x90'.repeat(400), opens),
  ),
  calls('metadata in 16,000 fields', /a section far beyond its bounds/, (id) =>
    headers(id, call() + '\x90'.repeat(16_000), opens),
  ),
]
