import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { manualClock, type Problem, type SourceFile } from '../base.ts'
import type { Built, Deployment, WholeBuild } from './build-types.ts'
import { reloadMetrics } from './reload-metrics.ts'
import { type Outcome, Reloader } from './reload.ts'
import { compileText, deployment } from './testing.ts'

function snapshotOf(title: string): Uint8Array {
  return compileText(`openapi: 3.1.0\ninfo: { title: ${title}, version: '1' }\npaths: {}\n`)
    .snapshot!
}

const snapshots = { a: snapshotOf('a'), b: snapshotOf('b'), c: snapshotOf('c') }

function whole(name: keyof typeof snapshots, over: Partial<Deployment> = {}): WholeBuild {
  return {
    snapshot: snapshots[name],
    deployment: { ...deployment, ...over },
    problems: [],
    files: [{ path: `/${name}`, content: name }],
  }
}

const problem: Problem = {
  severity: 'error',
  message: 'no',
  place: { file: 'a.yaml', line: 1, column: 2 },
}

const refusal: Built = {
  ...whole('b'),
  snapshot: undefined,
  problems: [problem],
}

type Deferred<T> = PromiseWithResolvers<T>

function start(running = whole('a')) {
  const clock = manualClock(0, 0)
  const builds: Deferred<Built>[] = []
  const signals: AbortSignal[] = []
  const applied: { next: WholeBuild; done: Deferred<{ problem: string } | undefined> }[] = []
  const told: Outcome[] = []
  const followed: (readonly SourceFile[])[] = []
  const still: boolean[] = []
  const reloader = new Reloader({
    running,
    clock,
    build(signal) {
      signals.push(signal)
      builds.push(Promise.withResolvers())
      return builds.at(-1)!.promise
    },
    holdStill: async () => still.shift() ?? true,
    apply(next) {
      applied.push({ next, done: Promise.withResolvers() })
      return applied.at(-1)!.done.promise
    },
    follow: (files) => followed.push(files),
    told: (outcome) => told.push(outcome),
  })
  return {
    reloader,
    clock,
    builds,
    signals,
    applied,
    followed,
    still,
    outcomes: () => told.map(({ outcome }) => outcome),
    told,
    async built(what: Built) {
      builds.at(-1)!.resolve(what)
      await turn()
    },
    async apply(result?: { problem: string }) {
      applied.at(-1)!.done.resolve(result)
      await turn()
    },
  }
}

test('a changed file is built and put in force', async () => {
  const { reloader, clock, built, apply, told, applied } = start()
  const [before, now] = [reloader.running, whole('b')]
  reloader.changed()
  clock.advance(30)
  await built(now)
  assert.equal(reloader.running, before, 'until it is in force')
  clock.advance(12)
  await apply()
  assert.deepEqual(told, [{ outcome: 'applied', before, now, tookMs: 42 }])
  assert.equal(applied[0]?.next, now)
  assert.equal(reloader.running, now)
  assert.equal(reloader.loadedEpochMs, 42)
  assert.deepEqual(reloader.standing, { state: 'current' })
})

test('a build that nobody can read has failed, and the next one counts', async () => {
  const { reloader, built, apply, outcomes } = start()
  reloader.changed()
  await built({ ...whole('b'), snapshot: new Uint8Array(3) })
  assert.deepEqual(outcomes(), ['failed'])
  reloader.changed()
  await built(whole('b'))
  await apply()
  assert.deepEqual(outcomes(), ['failed', 'applied'])
})

test('what is refused leaves what runs, and says why until it is mended', async () => {
  const { reloader, clock, built, outcomes, applied } = start()
  clock.advance(5)
  reloader.changed()
  await built(refusal)
  assert.deepEqual(reloader.standing, { state: 'refused', problems: [problem] })
  assert.deepEqual([reloader.sinceEpochMs, reloader.loadedEpochMs], [5, 0])
  clock.advance(5)
  reloader.changed()
  await built(refusal)
  assert.equal(reloader.sinceEpochMs, 5)
  reloader.changed()
  await built(whole('a'))
  assert.deepEqual(reloader.standing, { state: 'current' })
  assert.deepEqual([reloader.sinceEpochMs, reloader.loadedEpochMs], [10, 0])
  assert.deepEqual(outcomes(), ['refused', 'refused', 'unchanged'])
  assert.equal(applied.length, 0)
})

test('equal settings and an equal revision are not applied, but what they read is followed', async () => {
  const { reloader, built, applied, followed, outcomes } = start()
  reloader.asked()
  const same = { ...whole('a'), files: [{ path: '/new', content: 'x' }] }
  await built(same)
  assert.deepEqual(outcomes(), ['unchanged'])
  assert.deepEqual(followed, [same.files])
  assert.equal(applied.length, 0)
})

const settings: [says: string, over: Partial<Deployment>][] = [
  ['another port', { listen: [{ host: '127.0.0.1', port: 1, isSecure: false }] }],
  ['another log', { log: { access: 'stdout', redact: [] } }],
  ['another count of workers', { workers: 2 }],
  ['another time to end', { drain: { noticeMs: 1, timeoutMs: 1 } }],
]

for (const [says, over] of settings) {
  test(`${says} is applied under an equal revision`, async () => {
    const { reloader, built, apply, outcomes } = start()
    reloader.changed()
    await built(whole('a', over))
    await apply()
    assert.deepEqual(outcomes(), ['applied'])
    assert.deepEqual(reloader.standing, { state: 'current' })
  })
}

test('the admin port waits for a restart, whatever is applied meanwhile', async () => {
  const { reloader, built, apply, outcomes } = start()
  const admin = { host: '127.0.0.1', port: 9191, allowedHosts: ['ops.test'] }
  const restart = {
    state: 'restart',
    settings: ['admin.port: 9090 → 9191', 'admin.allowedHosts: [] → [ops.test]'],
  }
  for (const name of ['b', 'c'] as const) {
    reloader.changed()
    await built(whole(name, { admin }))
    await apply()
    assert.deepEqual(reloader.standing, restart)
  }
  reloader.asked()
  await built(whole('c', { admin }))
  assert.deepEqual(reloader.standing, restart)
  reloader.changed()
  await built(whole('c'))
  await apply()
  assert.deepEqual(reloader.standing, { state: 'current' })
  assert.deepEqual(outcomes(), ['applied', 'applied', 'unchanged', 'applied'])
})

test('a build that does not come about is no end', async () => {
  const { reloader, builds, followed, outcomes, built, apply } = start()
  reloader.changed()
  builds[0]!.reject(new Error('the compiler thread ended with code 7'))
  await turn()
  assert.deepEqual(reloader.standing, {
    state: 'failed',
    reason: 'the compiler thread ended with code 7',
  })
  assert.deepEqual(followed, [])
  reloader.changed()
  await built(whole('b'))
  await apply()
  assert.deepEqual(outcomes(), ['failed', 'applied'])
})

test('a build that hangs is given up', async () => {
  const { reloader, clock, signals, told } = start()
  reloader.changed()
  clock.advance(59_999)
  assert.equal(signals[0]!.aborted, false)
  clock.advance(1)
  await turn()
  assert.equal(signals[0]!.aborted, true)
  assert.deepEqual(told, [{ outcome: 'failed', reason: 'the build took more than 60 s' }])
})

test('what cannot be applied leaves what runs', async () => {
  const { reloader, builds, built, apply, applied, outcomes } = start()
  reloader.changed()
  await built(whole('b'))
  await apply({ problem: 'the port is in use' })
  assert.deepEqual(reloader.standing, { state: 'failed', reason: 'the port is in use' })
  assert.equal(reloader.running.snapshot, snapshots.a)
  reloader.asked()
  await built(whole('b'))
  applied.at(-1)!.done.reject(new Error('not a snapshot'))
  await turn()
  assert.deepEqual(reloader.standing, { state: 'failed', reason: 'not a snapshot' })
  assert.deepEqual(outcomes(), ['failed', 'failed'])
  assert.equal(builds.length, 2)
})

test('what is asked during a build is one more build', async () => {
  const { reloader, builds, built, apply } = start()
  reloader.changed()
  for (let i = 0; i < 3; i++) reloader.asked()
  await built(whole('b'))
  assert.equal(builds.length, 1)
  await apply()
  assert.equal(builds.length, 2)
  await built(whole('b'))
  assert.equal(builds.length, 2)
})

test('what changes during a build is left to who follows the files that it read', async () => {
  const { reloader, builds, built, apply, followed } = start()
  reloader.changed()
  reloader.changed()
  await built(whole('b'))
  await apply()
  assert.deepEqual([builds.length, followed.length], [1, 1])
})

test('what changes during a build that read nothing is one more build', async () => {
  const { reloader, builds } = start()
  reloader.changed()
  reloader.changed()
  builds[0]!.reject(new Error('out of memory'))
  await turn()
  assert.equal(builds.length, 2)
  builds[1]!.reject(new Error('out of memory'))
  await turn()
  assert.equal(builds.length, 2)
})

test('what changes while a build is put in force is one more build', async () => {
  const { reloader, builds, built, apply } = start()
  reloader.changed()
  await built(whole('b'))
  reloader.changed()
  reloader.changed()
  assert.equal(builds.length, 1)
  await apply()
  assert.equal(builds.length, 2)
})

test('what was written while it was built is built again before anything comes of it', async () => {
  const { reloader, builds, built, apply, still, followed, outcomes } = start()
  still.push(false, false)
  reloader.changed()
  await built(whole('b'))
  await built(refusal)
  assert.deepEqual([builds.length, followed.length, outcomes().length], [3, 0, 0])
  await built(whole('c'))
  await apply()
  assert.deepEqual([builds.length, outcomes()], [3, ['applied']])
  assert.equal(reloader.running.snapshot, snapshots.c)
})

test('who writes without an end is built as he is at last', async () => {
  const { reloader, builds, built, still, outcomes } = start()
  still.push(...Array.from({ length: 100 }, () => false))
  reloader.changed()
  for (let i = 0; i < 5; i++) await built(refusal)
  assert.deepEqual([builds.length, outcomes()], [5, ['refused']])
})

test('after its end nothing is built, applied or told', async () => {
  const { reloader, builds, signals, built, outcomes, applied } = start()
  reloader.changed()
  reloader.close()
  assert.equal(signals[0]!.aborted, true)
  await built(whole('b'))
  reloader.changed()
  reloader.asked()
  await turn()
  assert.deepEqual([builds.length, applied.length, outcomes().length], [1, 0, 0])
})

test('a scrape counts what became of builds, and says whether what runs is what is written', async () => {
  const { reloader, clock, built, apply } = start()
  const scraped = () => reloadMetrics(reloader).replaceAll(/^#.*\n/gm, '')
  clock.advance(1_500)
  reloader.changed()
  await built(whole('b'))
  await apply()
  assert.equal(
    scraped(),
    `concordat_reloads_total{outcome="applied"} 1
concordat_reloads_total{outcome="unchanged"} 0
concordat_reloads_total{outcome="refused"} 0
concordat_reloads_total{outcome="failed"} 0
concordat_configuration_current 1
concordat_configuration_loaded_timestamp_seconds 1.5
`,
  )
  reloader.changed()
  await built(refusal)
  assert.match(scraped(), /outcome="refused"} 1\n/)
  assert.match(scraped(), /configuration_current 0\n/)
})
