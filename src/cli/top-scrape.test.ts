import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operationLinesOf, scrapeOf } from './top-for-tests.ts'
import { scrapeReader } from './top-scrape.ts'

test('of an answer that names no gateway there is no scrape', () => {
  const reader = scrapeReader()
  reader.line('up 1')
  assert.equal(reader.done(0), undefined)
})

test('statuses of an operation are classes, and their durations one histogram', () => {
  const statuses = { 200: [5, 3], 204: [2, 1], 404: [1], 503: [1], '': [2], _OTHER: [1] } as const
  const lines = operationLinesOf({ method: 'GET', template: '/a', statuses, replyBytes: 7 })
  const { classes, duration, replyBytes } = scrapeOf(0, lines).operations.get('GET /a')!
  assert.deepEqual(Object.fromEntries(classes), {
    '2xx': 7,
    '4xx': 1,
    '5xx': 1,
    unanswered: 2,
    other: 1,
  })
  assert.deepEqual(
    [...duration],
    [
      [1, 9],
      [2, 12],
      [4, 12],
      [Infinity, 12],
    ],
  )
  assert.equal(replyBytes, 7)
})

test('connections of all endpoints, and of each state, are one figure', () => {
  const { upstream, values } = scrapeOf(0, [
    'http_client_open_connections{server_port="1",http_connection_state="active"} 2',
    'http_client_open_connections{server_port="2",http_connection_state="active"} 3',
    'http_client_open_connections{server_port="2",http_connection_state="idle"} 4',
    'concordat_endpoint_waiting_exchanges{server_port="1"} 5',
    'concordat_endpoint_waiting_exchanges{server_port="2"} 6',
  ])
  assert.deepEqual(Object.fromEntries(upstream), { active: 5, idle: 4 })
  assert.equal(values.get('concordat_endpoint_waiting_exchanges'), 11)
})

test('a gateway that names no threads has one, and others are known by their names', () => {
  const heap = 'nodejs_heap_used_bytes'
  const late = 'nodejs_eventloop_delay_p99_seconds'
  const one = scrapeOf(0, [`${heap} 7`, `${late} 0.5`]).threads
  assert.deepEqual([...one], [['main', { heapBytes: 7, loopDelayP99Seconds: 0.5 }]])
  const two = scrapeOf(0, [`${heap}{thread="main"} 7`, `${heap}{thread="1"} 8`]).threads
  assert.deepEqual([...two.keys()], ['main', '1'])
})
