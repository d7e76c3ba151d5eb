// What the gateway says of the services that it serves.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { eventually, type Peer } from '../../test/raw-peer.ts'
import { manualClock } from '../base.ts'
import { grpcMessage } from '../http.ts'
import { Health, healthUpstream } from './grpc-health.ts'
import { serviceAsked } from './grpc-health-message.ts'
import { ask, openRelay } from './relay-for-tests.ts'
import type { Lasting } from './runtime.ts'

const named = (service: string): Buffer => {
  const name = Buffer.from(service)
  const length = name.length < 128 ? [name.length] : [(name.length & 127) | 128, name.length >> 7]
  return Buffer.from(grpcMessage(Buffer.concat([Buffer.from([0x0a, ...length]), name])))
}

const requests: readonly [says: string, bytes: Buffer, want: string | undefined][] = [
  ['an empty message', Buffer.from(grpcMessage(new Uint8Array())), ''],
  ['an empty name', named(''), ''],
  ['a name', named('chat.v1.Chat'), 'chat.v1.Chat'],
  ['a long name', named('a'.repeat(300)), 'a'.repeat(300)],
  ['nothing', Buffer.alloc(0), undefined],
  ['a name cut short', named('chat').subarray(0, -1), undefined],
  ['two messages', Buffer.concat([named('a'), named('a')]), undefined],
  ['a compressed message', Buffer.from(grpcMessage(Buffer.from([0x0a, 0]), 1)), undefined],
  ['another field', Buffer.from(grpcMessage(Buffer.from([0x12, 1, 65]))), undefined],
]

for (const [says, bytes, want] of requests) {
  test(`${says} asks for ${want === undefined ? 'nothing' : `'${want.slice(0, 20)}'`}`, () => {
    assert.equal(serviceAsked(bytes), want)
  })
}

async function open(t: TestContext, method: string, timeout?: string) {
  const health = new Health()
  const clock = manualClock(1_000)
  const lasting = new Set<Lasting>()
  const relay = await openRelay(t, {
    operation: { grpc: { pattern: 'unary' } },
    steps: {
      upstream: healthUpstream(['chat.v1.Chat'], health, { clock, lasting }),
      prepare: [(exchange) => void (exchange.path = `/grpc.health.v1.Health/${method}`)],
    },
  })
  const check = async (service: string): Promise<Peer> => {
    const body = named(service)
    const lines = [
      'Content-Type: application/grpc',
      'TE: trailers',
      `Content-Length: ${body.length}`,
    ]
    if (timeout !== undefined) lines.push(`grpc-timeout: ${timeout}`)
    return relay.sent(ask('POST /a', ...lines) + body.toString('latin1'))
  }
  return { check, clock, health, lasting, relay }
}

/** The message that says so, in its chunk. */
const said = (status: number): string => `7\r\n\0\0\0\0\x02\x08${String.fromCharCode(status)}\r\n`

for (const [service, isServing, want] of [
  ['', true, `${said(1)}0\r\ngrpc-status: 0\r\n\r\n`],
  ['chat.v1.Chat', true, `${said(1)}0\r\ngrpc-status: 0\r\n\r\n`],
  ['chat.v1.Chat', false, `${said(2)}0\r\ngrpc-status: 0\r\n\r\n`],
  ['other.Other', true, '\r\n0\r\ngrpc-status: 5\r\ngrpc-message: unknown service\r\n\r\n'],
] as const) {
  test(`Check of '${service}' where requests are ${isServing ? '' : 'not '}taken`, async (t) => {
    const { check, health, relay } = await open(t, 'Check')
    if (!isServing) health.stop()
    await (await check(service)).until(want)
    const { fault, endpoint } = await relay.record()
    assert.deepEqual([fault, endpoint], [undefined, 'gateway'])
  })
}

test('Watch tells what is, then what changes, and ends with the thread', async (t) => {
  const { check, health, lasting } = await open(t, 'Watch')
  const client = await check('chat.v1.Chat')
  await client.until(said(1))
  health.stop()
  await client.until(said(1) + said(2))
  for (const one of lasting) one.leave('stops')
  await client.until('0\r\ngrpc-status: 14\r\ngrpc-message: the gateway ends\r\n\r\n')
  assert.equal(lasting.size, 0)
})

test('Watch of a service that nobody knows says so and goes on', async (t) => {
  const { check, lasting } = await open(t, 'Watch')
  const client = await check('other.Other')
  await client.until(said(3))
  client.cut()
  await eventually('nobody watches', () => lasting.size === 0)
})

test('Watch keeps the deadline of its client', async (t) => {
  const { check, clock, lasting } = await open(t, 'Watch', '5S')
  const client = await check('')
  await client.until(said(1))
  clock.advance(6_000)
  await client.until(/grpc-status: 4\r\n/)
  assert.equal(lasting.size, 0)
})
