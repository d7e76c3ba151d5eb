import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { defaultLimits, manualClock } from '../base.ts'
import { encodeSnapshot, type SnapshotPlan } from '../snapshot.ts'
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

test('who ends an engine twice closes its log once', async () => {
  let times = 0
  const { engine } = logging(async () => void times++)
  await Promise.all([engine.close(600_000), engine.close(10_000)])
  assert.equal(times, 1)
})
