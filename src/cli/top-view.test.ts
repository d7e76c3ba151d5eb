import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Counted, operationLinesOf, scrapeOf } from './top-for-tests.ts'
import type { Failed, Look, Readiness } from './top-source.ts'
import { type Frame, linesOf } from './top-view.ts'
import { type Scene, sceneAfter, unseen } from './top-watch.ts'

const ready: Readiness = {
  ready: true,
  state: 'running',
  configuration: undefined,
  workers: { serving: 2, wanted: 2 },
}

const program = [
  'concordat_snapshot_info{revision="3f9a8c21d04e77aa"} 1',
  'process_start_time_seconds 1000',
  'concordat_worker_restarts_total 1',
  'nodejs_heap_used_bytes{thread="main"} 1048576',
  'nodejs_eventloop_delay_p99_seconds{thread="main"} 0.0004',
]

const counts: Counted[] = [
  { method: 'GET', template: '/quiet', statuses: { 200: [5] } },
  { method: 'GET', template: '/busy', statuses: { 200: [80, 80], 429: [20, 20] } },
  { method: 'POST', template: '/slow', statuses: { 201: [10, 0, 0], 502: [1, 0, 0] } },
  { method: 'GET', template: '', statuses: { 404: [2, 2] } },
]
const first = { ...counts[0]!, statuses: { 200: [5, 5] } } as const

const look = (atMs: number, lines: string[], readiness = ready): Look => ({
  scrape: scrapeOf(atMs, [...program, ...lines]),
  readiness,
})

const lines = counts.flatMap((one) => operationLinesOf(one))

function sceneOf(...looks: (Look | Failed)[]): Scene {
  return looks.reduce(sceneAfter, unseen)
}

const working = [look(0, operationLinesOf(first)), look(1000, lines)]

const frame: Frame = {
  admin: '127.0.0.1:9090',
  epochMs: 1_090_000,
  paused: false,
  width: 80,
  height: 24,
  rowsMax: Infinity,
  sort: 'rate',
  from: 0,
}

const plain = (_: string, text: string): string => text

const shown = (scene: Scene, changes: Partial<Frame> = {}): string[] =>
  linesOf(scene, { ...frame, ...changes }, plain)

const rowsOf = (screen: string[]): string[] => {
  const head = screen.findIndex((line) => line.includes('operation '))
  return screen.slice(head + 1).filter((line) => /^ (?:GET|POST)/.test(line))
}

const refused = { says: 'configuration refused', why: 'a.yaml:3:1 error' }

const titles: [says: string, scene: Scene, want: RegExp][] = [
  ['nothing known yet', unseen, /^ concordat {2}● asking/],
  ['what serves', sceneOf(...working), /● ready +revision 3f9a8c21d04e +up 1 min 30 s/],
  [
    'one that drains',
    sceneOf(look(0, [], { ...ready, ready: false, state: 'draining' })),
    /● draining/,
  ],
  [
    'a configuration that was refused',
    sceneOf(look(0, [], { ...ready, configuration: refused })),
    /● configuration refused .*\n a\.yaml:3:1 error$/,
  ],
  [
    'the same from the metric alone',
    sceneOf(look(0, ['concordat_configuration_current 0'])),
    /● configuration refused /,
  ],
  [
    'one that is gone',
    sceneOf(...working, { failed: 'ECONNREFUSED' }),
    /● no answer +revision 3f9a8c21d04e +127\.0\.0\.1:9090\n ECONNREFUSED$/,
  ],
  ['one that came back', sceneOf(working[0]!, { failed: 'x' }, working[1]!), /● ready/],
]

for (const [says, scene, want] of titles) {
  test(`title: ${says}`, () => assert.match(shown(scene).slice(0, 2).join('\n'), want))
}

test('a pause stands in the title', () => {
  assert.match(shown(sceneOf(...working), { paused: true })[0]!, /❚❚ paused/)
})

test('before the second look nothing is called a rate', () => {
  const screen = shown(sceneOf(working[0]!))
  assert.match(screen[2]!, /^ requests +– /)
  assert.equal(screen.at(-1), ' measuring …')
})

test('totals, threads and what is wrong', () => {
  const text = shown(sceneOf(...working)).join('\n')
  assert.match(text, /requests +113\/s .* 2xx 90 {2}3xx 0 {2}4xx 22 {2}5xx 1\.0/)
  assert.match(text, /errors +23\/s .* 20% of all/)
  assert.match(text, /threads +2 of 2 workers {3}1 restart {3}main 0\.40 ms late, 1\.0 MiB/)
  assert.match(text, /faults +none/)
})

const orders: [sort: Frame['sort'], want: string[]][] = [
  ['rate', ['/busy', '/slow', '(no', '/quiet']],
  ['p99', ['/slow', '/busy', '(no', '/quiet']],
  ['errors', ['/slow', '/busy', '(no', '/quiet']],
]

for (const [sort, want] of orders) {
  test(`operations by ${sort}`, () => {
    const rows = rowsOf(shown(sceneOf(...working), { sort }))
    assert.deepEqual(
      rows.map((row) => row.split(/ +/)[2]),
      want,
    )
  })
}

test('a row tells rate, errors and latency', () => {
  const [busy] = rowsOf(shown(sceneOf(...working)))
  assert.match(busy!, /^ GET +\/busy +100 +20% +0% +500 ms +990 ms +0 B +0 B$/)
})

const sizes: [width: number, height: number][] = [
  [40, 10],
  [60, 16],
  [80, 24],
  [100, 30],
  [250, 60],
]

for (const [width, height] of sizes) {
  test(`no line is wider than ${width}, no frame higher than ${height}`, () => {
    const wide = {
      method: 'OPTIONS',
      template: `/v1/${'long/'.repeat(60)}`,
      statuses: { 200: [1] },
    } as const
    const faults = ['A', 'B', 'C', 'D'].map(
      (code) => `concordat_faults_total{code="${code.repeat(30)}"} 9`,
    )
    const many = Array.from({ length: 99 }, (_, i) =>
      operationLinesOf({ ...wide, template: `/${i}` }),
    )
    const all = look(2000, [...faults, ...many.flat(), ...operationLinesOf(wide)])
    const screen = shown(sceneOf(...working, all), { width, height })
    assert.deepEqual(
      screen.filter((line) => line.length > width),
      [],
    )
    assert.ok(screen.length <= Math.max(height, 13))
  })
}

test('it scrolls to the last row and no further, and says where it is', () => {
  const screen = shown(sceneOf(...working), { height: 15, from: 99 })
  assert.equal(rowsOf(screen).length, 2)
  assert.match(screen.at(-1)!, /3–4 of 4 $/)
  assert.equal(screen.length, 15)
})

test('without a terminal there are no keys, and no more rows than wanted', () => {
  const screen = shown(sceneOf(...working), { height: undefined, rowsMax: 3 })
  assert.equal(rowsOf(screen).length, 3)
  assert.ok(!screen.join('\n').includes('quit'))
})
