// What a policy in shadow does on the wire: nothing, whatever it does otherwise.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/raw-peer.ts'
import { type Refusal, refuse } from '../base.ts'
import type { Exchange, Step, Verdict } from '../http.ts'
import type { LinkedSteps } from '../policy.ts'
import { ask, openRelay, type RelayOptions, reply } from './relay-for-tests.ts'
import { inShadow } from './shadowing.ts'
import type { LinkedVerify } from './reply-checks.ts'
import type { LinkedOperation } from './snapshot.ts'
import { namedSteps } from './step-names.ts'

const by = { policy: 'silent', isShadow: true }

const boom = (): never => {
  throw new Error('boom')
}

const refusal = refuse('NOT_FOUND')

/** Steps as the engine links them for a policy in shadow. */
function linked(steps: LinkedSteps): Partial<LinkedOperation> {
  const { check, watch, verify } = namedSteps(by, inShadow(by, steps, boom))
  return {
    ...(check && { check: [check] }),
    ...(watch && { watches: [{ ...by, watch }] }),
    ...(verify && { verify: [{ policy: 'silent', isShadow: true, step: verify }] }),
  }
}

const relayWith = (t: Parameters<typeof openRelay>[0], steps: LinkedSteps, more?: RelayOptions) =>
  openRelay(t, { ...more, steps: linked(steps) })

const late = Promise.withResolvers<Verdict>()

const promises: readonly [says: string, verdict: () => Promise<Verdict>][] = [
  ['never answers', () => new Promise(() => undefined)],
  ['answers when it is too late', () => late.promise],
  ['fails', () => Promise.reject(new Error('boom'))],
  ['refuses', () => Promise.resolve(refusal)],
]
for (const [says, verdict] of promises) {
  test(`a step in shadow that ${says} holds nobody up`, async (t) => {
    const bugs: unknown[] = []
    const step = inShadow(by, { check: verdict }, (bug) => bugs.push(bug)).check!
    const { check } = namedSteps(by, { check: step })
    const relay = await openRelay(t, { steps: { check: [check!] } })
    const client = await relay.sent(ask('GET /a'))
    const upstream = await relay.endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(reply('ok'))
    await client.until('ok')
    await relay.pass(1_500)
    if (says === 'answers when it is too late') late.resolve(refusal)
    const { shadows, status } = await relay.record()
    assert.deepEqual([status, shadows.length], [200, says === 'refuses' ? 1 : 0])
    assert.equal(bugs.length, says === 'fails' ? 1 : 0)
  })
}

test('the record waits a little for what a policy in shadow says behind the reply', async (t) => {
  const answer = Promise.withResolvers<Verdict>()
  const relay = await relayWith(t, { check: () => answer.promise })
  const client = await relay.sent(ask('GET /a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply('ok'))
  await client.until('ok')
  assert.equal(relay.records.length, 0)
  answer.resolve(refusal)
  const { shadows, durationMs } = await relay.record()
  assert.deepEqual([shadows.map(({ policy }) => policy), durationMs], [['silent'], 0])
})

const change = (exchange: Exchange): undefined => {
  exchange.path = '/other'
  exchange.query = 'other'
  exchange.upstreamHost = 'other.test'
  exchange.body = Buffer.from('other')
  exchange.setField('X-Other', 'other')
}

test('what a step in shadow sets is set nowhere, whichever step it is', async (t) => {
  const finished: (string | undefined)[] = []
  const steps = linked({ check: change, watch: change, verify: change })
  const finish = [
    (_: unknown, { path, query, upstreamHost, body }: Exchange) =>
      void finished.push(path, query, upstreamHost, body?.toString()),
  ]
  const relay = await openRelay(t, { steps: { ...steps, finish } })
  const client = await relay.sent(`${ask('POST /a?b=c', 'Content-Length: 4')}body`)
  const upstream = await relay.endpoint.next()
  assert.match(await upstream.until('body'), /^POST \/a\?b=c HTTP\/1\.1\r\nHost: 127\.0\.0\.1:/)
  assert.doesNotMatch(upstream.received, /other/)
  upstream.send(reply('ok'))
  await client.until('ok')
  assert.deepEqual(finished, ['/a', 'b=c', undefined, undefined])
})

test('a step in shadow reads of its exchange what any other reads', async (t) => {
  const seen: unknown[] = []
  const look = ({ request, client, operationId, pathValues, id, startedMs, sentTo }: Exchange) => {
    seen.push([request.method, client.address, operationId, pathValues, id, startedMs, sentTo])
  }
  const plain: Step = (exchange) => look(exchange) as undefined
  const silent = linked({ check: plain, verify: (exchange) => void look(exchange) })
  const steps = {
    check: [plain, ...silent.check!],
    verify: [
      { policy: 'plain', isShadow: false, step: (exchange: Exchange) => void look(exchange) },
      ...silent.verify!,
    ],
  }
  const relay = await openRelay(t, { steps })
  const client = await relay.sent(ask('GET /a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply('ok'))
  await client.until('ok')
  assert.deepEqual([seen[0], seen[2]], [seen[1], seen[3]])
  assert.notEqual((seen[3] as unknown[])[6], undefined)
})

test('a watch in shadow that throws, or keeps more than there is room for, stops nothing', async (t) => {
  const watches: readonly [says: string, watch: NonNullable<LinkedSteps['watch']>][] = [
    ['as it begins', boom],
    ['at a piece', () => ({ piece: boom, end: boom })],
    ['at its end', () => ({ piece: () => undefined, end: boom })],
    [
      'that keeps too much',
      () => ({ piece: () => undefined, end: () => undefined, heldBytes: 2 ** 30 }),
    ],
    [
      'that counts badly',
      () => ({
        piece: () => undefined,
        end: () => undefined,
        get heldBytes() {
          return boom()
        },
      }),
    ],
  ]
  for (const [says, watch] of watches) {
    const bugs: unknown[] = []
    const shadowed = inShadow(by, { watch }, (bug) => bugs.push(bug)).watch!
    const relay = await openRelay(t, { steps: { watches: [{ ...by, watch: shadowed }] } })
    const client = await relay.sent(`${ask('POST /a', 'Content-Length: 4')}body`)
    const upstream = await relay.endpoint.next()
    await upstream.until('body')
    upstream.send(reply('ok'))
    assert.match(await client.until('ok'), / 200 /, says)
    assert.equal((await relay.record()).fault, undefined, says)
    assert.equal(bugs.length, says === 'that keeps too much' ? 0 : 1, says)
    await relay.close()
  }
})

const MB = 1_048_576

const watching = (heldBytes: number, looks: () => void) => ({
  piece: (): Refusal | undefined => void looks(),
  end: () => undefined,
  heldBytes,
})

test('of several that keep too much, who is in shadow gives way first', async (t) => {
  let looks = 0
  const watches = [
    { ...by, watch: () => watching(MB, () => looks++) },
    { policy: 'heard', watch: () => watching(MB, () => undefined) },
  ]
  const relay = await openRelay(t, { limits: { heldBytesMax: MB }, steps: { watches } })
  const client = await relay.sent(`${ask('POST /a', 'Content-Length: 4')}bo`)
  const upstream = await relay.endpoint.next()
  await upstream.until('bo')
  assert.equal(relay.runtime.occupancy.total('heldBytes'), MB)
  client.send('dy')
  await upstream.until('body')
  upstream.send(reply('ok'))
  await client.until('ok')
  assert.equal(looks, 1)
  await eventually('it is let go', () => relay.runtime.occupancy.total('heldBytes') === 0)
})

test('a body in chunks is held for who has a say, though validation has none', async (t) => {
  for (const [isShadow, want] of [
    [true, 200],
    [false, 404],
  ] as const) {
    const seen: (string | undefined)[] = []
    const judge: Step = ({ body }) => {
      seen.push(body && Buffer.from(body).toString())
      return isShadow ? undefined : refusal
    }
    const { content } = namedSteps({ policy: 'judges', isShadow }, { content: judge })
    const relay = await openRelay(t, {
      operation: { validationInShadow: true },
      steps: { content: [content!] },
    })
    const head = ask('PUT /held', 'Content-Type: application/json', 'Transfer-Encoding: chunked')
    const client = await relay.sent(`${head}4\r\nnull\r\n0\r\n\r\n`)
    if (isShadow) {
      const upstream = await relay.endpoint.next()
      await upstream.until('0\r\n\r\n')
      upstream.send(reply('ok'))
    }
    await client.until(/\r\n\r\n[^]/)
    assert.equal((await relay.record()).status, want)
    assert.deepEqual(seen, isShadow ? [] : ['null'])
    await relay.close()
  }
})

test('a body that would be held for policies in shadow alone streams where there is no room', async (t) => {
  const relay = await openRelay(t, {
    limits: { heldBytesMax: MB },
    operation: { validationInShadow: true },
  })
  const { occupancy } = relay.runtime
  occupancy.note('heldBytes', MB)
  const head = ask('PUT /held', 'Content-Type: application/json', 'Content-Length: 4')
  const client = await relay.sent(`${head}null`)
  const upstream = await relay.endpoint.next()
  await upstream.until('null')
  upstream.send(reply('ok'))
  await client.until('ok')
  occupancy.note('heldBytes', -MB)
})

test('a bound of a policy in shadow binds nobody else', async (t) => {
  const judged: string[] = []
  const holding = (policy: string, isShadow: boolean, bytesMax: number): LinkedVerify => ({
    policy,
    isShadow,
    step: () => ({
      check: {
        how: 'whole',
        bytesMax,
        body: (bytes) => void judged.push(`${policy} ${bytes.length}`),
      },
    }),
  })
  const verify = [holding('short', true, 100), holding('heard', false, 500)]
  const relay = await openRelay(t, { steps: { verify } })
  const client = await relay.sent(ask('GET /a').repeat(2))
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply('x'.repeat(200)))
  assert.match(await client.until(/x{200}/), /^HTTP\/1\.1 200 /)
  const { shadows, fault } = await relay.record()
  assert.deepEqual([fault, shadows.map(({ policy }) => policy)], [undefined, ['short']])
  await eventually('it is asked', () => upstream.received.split('GET').length === 3)
  upstream.send(reply('y'.repeat(50)))
  await client.until(/y{50}/)
  assert.deepEqual(judged, ['heard 200', 'heard 50', 'short 50'])
})
