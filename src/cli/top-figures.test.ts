import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figuresOf, quantileSeconds, type Traffic } from './top-figures.ts'
import { type Counted, operationLinesOf, scrapeOf } from './top-for-tests.ts'

const started = (seconds: number) => `process_start_time_seconds ${seconds}`

function trafficOf(before: string[], now: string[], seconds = 2): Traffic {
  return figuresOf(scrapeOf(seconds * 1000, now), scrapeOf(0, before)).traffic!
}

const operation = (statuses: Counted['statuses']): string[] =>
  operationLinesOf({ method: 'GET', template: '/a', statuses })

test('one scrape alone tells no rate', () => {
  assert.equal(figuresOf(scrapeOf(0, []), undefined).traffic, undefined)
})

const rates: [says: string, before: string[], now: string[], want: number][] = [
  [
    'what was counted between them, by the second',
    operation({ 200: [10] }),
    operation({ 200: [30] }),
    10,
  ],
  ['an operation that was not there counted from nothing', [], operation({ 200: [30] }), 15],
  ['a counter that fell began anew', operation({ 200: [30] }), operation({ 200: [4] }), 2],
  [
    'another process counts from nothing, though it counted past the last one',
    [started(1), ...operation({ 200: [10] })],
    [started(2), ...operation({ 200: [30] })],
    15,
  ],
  ['an operation that is gone counts no more', operation({ 200: [30] }), [], 0],
]

for (const [says, before, now, want] of rates) {
  test(`two scrapes: ${says}`, () => {
    assert.equal(trafficOf(before, now).perSecond, want)
  })
}

test('durations are those of the interval alone', () => {
  const { latency, operations } = trafficOf(
    operation({ 200: [100, 100] }),
    operation({ 200: [200, 100, 100] }),
  )
  // All new ones took between two and four seconds.
  assert.deepEqual(latency, { p50Seconds: 3, p99Seconds: 3.98, p999Seconds: 3.998 })
  assert.equal(operations[0]!.p50Seconds, 3)
})

test('a histogram of which one bucket fell begins anew as a whole', () => {
  const { latency } = trafficOf(operation({ 200: [9, 9] }), operation({ 200: [10, 0, 10] }))
  assert.equal(latency.p50Seconds, 1.5)
})

test('CPU is the share of one core', () => {
  const { cpuPercent } = trafficOf(
    ['process_cpu_seconds_total 1'],
    ['process_cpu_seconds_total 2.5'],
  )
  assert.equal(cpuPercent, 75)
})

const fault = (code: string, count: number): string =>
  `concordat_faults_total{code="${code}"} ${count}`

test('faults are those that occurred, the most frequent first', () => {
  const { faults } = trafficOf(
    [fault('A', 1), fault('B', 0), fault('C', 5)],
    [fault('A', 3), fault('B', 8), fault('C', 5)],
  )
  assert.deepEqual(faults, [
    { code: 'B', perSecond: 4 },
    { code: 'A', perSecond: 1 },
  ])
})

const quantiles: [
  says: string,
  buckets: [number, number][],
  q: number,
  want: number | undefined,
][] = [
  [
    'nothing was counted',
    [
      [1, 0],
      [Infinity, 0],
    ],
    0.5,
    undefined,
  ],
  ['no bucket at all', [], 0.5, undefined],
  [
    'evenly spread within the first bucket',
    [
      [1, 10],
      [Infinity, 10],
    ],
    0.5,
    0.5,
  ],
  [
    'evenly spread within a later one',
    [
      [1, 0],
      [3, 10],
      [Infinity, 10],
    ],
    0.5,
    2,
  ],
  [
    'an empty bucket between',
    [
      [1, 5],
      [2, 5],
      [4, 10],
      [Infinity, 10],
    ],
    0.75,
    3,
  ],
  [
    'on the edge of a bucket',
    [
      [1, 5],
      [2, 10],
      [Infinity, 10],
    ],
    0.5,
    1,
  ],
  [
    'beyond the last bound',
    [
      [1, 0],
      [2, 0],
      [Infinity, 10],
    ],
    0.5,
    2,
  ],
  [
    'buckets in any order',
    [
      [Infinity, 10],
      [3, 10],
      [1, 0],
    ],
    0.5,
    2,
  ],
]

for (const [says, buckets, q, want] of quantiles) {
  test(`the quantile where ${says}`, () => {
    assert.equal(quantileSeconds(new Map(buckets), q), want)
  })
}

test('what a gateway does not say is not made up', () => {
  const { configurationCurrent, restarts } = figuresOf(scrapeOf(0, []), undefined)
  assert.deepEqual(
    { configurationCurrent, restarts },
    { configurationCurrent: undefined, restarts: undefined },
  )
  const said = [
    'concordat_configuration_current 0',
    'concordat_worker_restarts_total{reason="a"} 2',
  ]
  const figures = figuresOf(scrapeOf(0, said), undefined)
  assert.equal(figures.configurationCurrent, false)
  assert.equal(figures.restarts, 2)
})
