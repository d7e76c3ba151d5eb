// A bug of ours costs its own exchange a 500, and nobody else anything.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, settled } from '../../test/raw-peer.ts'
import { refuse } from '../base.ts'
import { ask, openRelay, type RelayOptions, reply } from './relay-for-tests.ts'
import { shadow } from './shadowing.ts'

const boom = (): never => {
  throw new Error('boom')
}
const never = () => new Promise<undefined>(() => undefined)
const later = async (): Promise<never> => boom()

test('a step that throws, at once or later, is a 500 that is recorded once', async (t) => {
  const rows: [says: string, steps: RelayOptions['steps'] & object, reaches: boolean][] = [
    ['admit', { admit: [boom] }, false],
    ['admit, later', { admit: [later] }, false],
    ['check', { check: [boom] }, false],
    ['content', { content: [boom] }, false],
    ['content, later', { content: [later] }, false],
    ['finish', { finish: [boom] }, true],
    ['finish, of a refusal', { admit: [() => refuse('NOT_FOUND')], finish: [boom] }, false],
    [
      'finish, of a refusal that comes later',
      { admit: [async () => refuse('NOT_FOUND')], finish: [boom] },
      false,
    ],
  ]
  for (const [says, steps, reaches] of rows) {
    const { bugs, endpoint, record, records, sent } = await openRelay(t, { steps })
    endpoint.always(reply('secret'))
    const body = 'Content-Type: application/json\r\nContent-Length: 4\r\n\r\nnull'
    const client = await sent(`PUT /held HTTP/1.1\r\nHost: a\r\n${body}`)
    const text = await client.until('}}')
    assert.match(text, /^HTTP\/1\.1 500 [^]*INTERNAL_ERROR/, says)
    assert.doesNotMatch(text, /boom|secret/, says)
    assert.equal((await record()).fault, 'INTERNAL_ERROR', says)
    assert.deepEqual([records.length, bugs.length], [1, 1], says)
    assert.equal(endpoint.peers.length, reaches ? 1 : 0, says)
  }
})

test('a step in shadow that throws, at once or later, costs the exchange nothing', async (t) => {
  for (const step of [boom, later]) {
    const shadowBugs: unknown[] = []
    const admit = [shadow({ policy: 'limit' }, step, (error) => shadowBugs.push(error))]
    const { endpoint, record, sent } = await openRelay(t, { steps: { admit } })
    endpoint.always(reply('x'))
    assert.match(await (await sent(ask('GET /a'))).until('x'), /^HTTP\/1\.1 200 /)
    assert.deepEqual((await record()).shadows, [])
    assert.equal(shadowBugs.length, 1)
  }
})

test('the connection of a client lives on behind a bug, and other clients notice nothing', async (t) => {
  let throws = true
  const { endpoint, sent } = await openRelay(t, { steps: { finish: [() => throws && boom()] } })
  endpoint.always(reply('x'))
  const client = await sent(ask('GET /a'))
  await client.until('}}')
  throws = false
  client.send(ask('GET /a'))
  await client.until('x')
  const other = await sent(ask('GET /a'))
  await other.until('x')
})

test('a refusal that comes when the client has gone is told to nobody', async (t) => {
  const gate = Promise.withResolvers<void>()
  let underWay = false
  const admit = () => {
    underWay = true
    return gate.promise.then(() => refuse('NOT_FOUND'))
  }
  const { bugs, record, records, sent } = await openRelay(t, { steps: { admit: [admit] } })
  const client = await sent(ask('GET /a'))
  await eventually('it is under way', () => underWay)
  client.cut()
  assert.equal((await record()).fault, 'CLIENT_CLOSED')
  gate.resolve()
  await settled()
  assert.deepEqual([records.length, bugs], [1, []])
})

test('a step that never answers is a 500 when its exchange has no time left', async (t) => {
  const relay = await openRelay(t, { steps: { check: [never] } })
  const client = await relay.sent(ask('GET /a'))
  await eventually('it is asked', () => relay.runtime.active === 1)
  await relay.pass(relay.plan.limits.exchangeTimeoutMs + 1_000)
  assert.match(await client.until('}}'), /^HTTP\/1\.1 500 /)
  assert.match((await relay.record()).reason ?? '', /did not answer/)
})
