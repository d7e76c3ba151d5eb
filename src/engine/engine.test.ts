import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { settled } from '../../test/raw-peer.ts'
import { defaultLimits, manualClock, type Refusal, refuse } from '../base.ts'
import type { Stream } from '../http.ts'
import { readDefinition, registryWith } from '../policy.ts'
import { encodeSnapshot, type SnapshotPlan } from '../snapshot.ts'
import { unreadable } from '../wire.ts'
import { Engine } from './engine.ts'

const bundle = (revision: string, port: number, more: Partial<SnapshotPlan> = {}): Uint8Array =>
  encodeSnapshot({
    revision,
    title: 'test',
    audience: 'internal',
    errorForm: 'concordat',
    faultDocs: undefined,
    hosts: [],
    trustedHops: [],
    limits: defaultLimits,
    routes: [],
    operations: [],
    upstreams: [
      {
        name: 'service',
        endpoints: [{ host: '127.0.0.1', port, basePath: '' }],
        preserveHost: false,
      },
    ],
    schemas: { nodes: [] },
    blobs: [],
    admit: [],
    finish: [],
    states: [],
    ...more,
  })

function openEngine(t: TestContext): Engine {
  const engine = new Engine({
    clock: manualClock(),
    random: () => 0.5,
    lines: undefined,
    redact: [],
    announce: () => {},
    bug: assert.ifError,
    warn: assert.fail,
  })
  t.after(() => engine.close(0))
  return engine
}

/** The revision in force, and the ports of its upstreams. */
const inForce = (engine: Engine): unknown[] => [
  engine.revision,
  ...engine.gauges().endpoints.map(({ port }) => port),
]

test('a bundle that is prepared changes nothing until it is put in force', (t) => {
  const engine = openEngine(t)
  engine.prepare(bundle('one', 1), {})()
  const put = engine.prepare(bundle('two', 2), {})
  assert.deepEqual(inForce(engine), ['one', 1])
  put()
  assert.deepEqual(inForce(engine), ['two', 2])
})

const unlinkable: readonly [says: string, bytes: Uint8Array, why: RegExp][] = [
  ['no snapshot', new Uint8Array(1000), /no snapshot/],
  ['one cut short', bundle('two', 2).slice(0, -8), /damaged/],
  [
    'one with a policy that is not known here',
    bundle('two', 2, { finish: [{ policy: 'none', mode: 'enforce', plan: {} }] }),
    /the policy none exists/,
  ],
]

for (const [says, bytes, why] of unlinkable) {
  test(`what cannot be linked leaves everything as it was: ${says}`, (t) => {
    const engine = openEngine(t)
    engine.prepare(bundle('one', 1), {})()
    assert.throws(() => engine.prepare(bytes, {}), why)
    assert.deepEqual(inForce(engine), ['one', 1])
  })
}

function logging(close: () => Promise<void>) {
  const clock = manualClock()
  const engine = new Engine({
    clock,
    random: () => 0.5,
    lines: { line() {}, dropped: () => 0, close },
    redact: [],
    announce() {},
    bug: assert.ifError,
    warn: assert.fail,
  })
  return { clock, engine }
}

test('a log that takes no more lines does not hold up the end', async () => {
  const { clock, engine } = logging(() => new Promise(() => {}))
  const closed = engine.close(0)
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(1_000)
  await closed
})

/** A request of no operation, whose reply nobody reads. */
const streamOf = (address: string): Stream => ({
  head: unreadable,
  forwardable: '',
  takesTrailers: false,
  peer: { address, port: 1, memo: undefined },
  attach() {},
  readBody() {},
  pauseBody() {},
  sendInterim() {},
  sendHead() {},
  sendPiece: () => true,
  sendEnd() {},
  cut() {},
})

test('what policies in shadow would have refused is told within half a second', async (t) => {
  const clock = manualClock()
  const told: unknown[] = []
  const engine = new Engine({
    clock,
    random: () => 0.5,
    lines: undefined,
    redact: [],
    announce() {},
    shadowed: ({ judged, refused }) =>
      told.push(judged, ...refused.map(({ client, fault }) => [client, fault])),
    bug: assert.ifError,
    warn: assert.fail,
  })
  t.after(() => engine.close(0))
  const plan = { alternatives: [[{ in: 'header', name: 'x-key' }]], challenges: [], message: 'no' }
  engine.prepare(bundle('one', 1, { admit: [{ policy: 'auth', mode: 'shadow', plan }] }), {})()
  engine.serve(streamOf('192.0.2.1'))
  assert.deepEqual(told, [])
  clock.advance(500)
  assert.deepEqual(told, [
    [{ policy: 'auth', route: '', requests: 1 }],
    ['192.0.2.1', 'UNAUTHENTICATED'],
  ])
  clock.advance(500)
  assert.equal(told.length, 2)
})

test('an engine ends when what policies in shadow say is told', async (t) => {
  const told: string[] = []
  const engine = new Engine({
    clock: manualClock(),
    random: () => 0.5,
    lines: undefined,
    redact: [],
    announce() {},
    shadowed: ({ refused }) => told.push(...refused.map(({ fault }) => fault)),
    bug: assert.ifError,
    warn: assert.fail,
  })
  t.after(() => engine.close(0))
  const answer = Promise.withResolvers<Refusal>()
  const about = 'It takes its time.'
  const link = () => () => answer.promise
  const late = readDefinition({ id: 'late', about, phase: 'admit', everyRequest: true, link })
  assert.ok(typeof late !== 'string')
  const shadowed = bundle('one', 1, { admit: [{ policy: 'late', mode: 'shadow', plan: {} }] })
  engine.prepare(shadowed, {}, registryWith([late]))()
  engine.serve(streamOf('192.0.2.1'))
  const closed = engine.close(0)
  await settled()
  assert.deepEqual(told, [])
  answer.resolve(refuse('FORBIDDEN'))
  await closed
  assert.deepEqual(told, ['FORBIDDEN'])
})

test('who ends an engine twice closes its log once', async () => {
  let times = 0
  const { engine } = logging(async () => void times++)
  await Promise.all([engine.close(600_000), engine.close(10_000)])
  assert.equal(times, 1)
})
