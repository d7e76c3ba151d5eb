// What policies in shadow would have refused: counted in a thread, summed in the main one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordWith, shadowsOf } from './records-for-tests.ts'
import { ShadowCounts } from './shadow-counts.ts'
import { ShadowSums } from './shadow-report.ts'

const operations = [
  { id: 'listNotes', method: 'GET', template: '/notes' },
  { id: 'putNote', method: 'PUT', template: '/notes/{id}' },
]

/** `limit` is in shadow everywhere but on the second operation. */
const inShadow = (operation: number) => (operation === 1 ? [] : ['limit'])

const limited = shadowsOf(['limit'])

test('requests are counted where a policy is in shadow, and refusals by client', () => {
  const counts = new ShadowCounts()
  const sums = new ShadowSums({ sinceEpochMs: 5 })
  const observe = counts.bind(operations, inShadow)
  observe(recordWith({ clientAddress: 'a', shadows: limited, finishedEpochMs: 10, id: 'one' }))
  observe(recordWith({ clientAddress: 'b', shadows: limited, finishedEpochMs: 20, id: 'two' }))
  sums.take(counts.take()!, 100)
  observe(recordWith({ clientAddress: 'a', shadows: limited, finishedEpochMs: 30, id: 'three' }))
  observe(recordWith())
  observe(recordWith({ operation: 1 }))
  observe(recordWith({ operation: -1, clientAddress: 'b', shadows: limited, finishedEpochMs: 40 }))
  sums.take(counts.take()!, 200)
  const { sinceEpochMs, policies } = sums.report()
  assert.equal(sinceEpochMs, 5)
  const [{ policy, rows, ...limit }, ...others] = policies as [(typeof policies)[0]]
  assert.deepEqual(others, [])
  assert.equal(policy, 'limit')
  assert.deepEqual(limit, { sinceEpochMs: 100, requests: 5, refused: 4, clients: 2 })
  assert.deepEqual(rows[0], {
    route: 'GET /notes',
    client: 'a',
    refused: 2,
    requests: 4,
    firstEpochMs: 10,
    lastEpochMs: 30,
    requestId: 'three',
    fault: 'LIMIT_EXCEEDED',
  })
  assert.deepEqual(
    rows.map(({ route, client, refused }) => [route, client, refused]),
    [
      ['GET /notes', 'a', 2],
      ['', 'b', 1],
      ['GET /notes', 'b', 1],
    ],
  )
})

test('there is nothing to tell where nothing is in shadow, or nothing came', () => {
  const counts = new ShadowCounts()
  const observe = counts.bind(operations, inShadow)
  observe(recordWith({ operation: 1 }))
  assert.equal(counts.take(), undefined)
  observe(recordWith())
  assert.equal(counts.take()?.judged[0]?.requests, 1)
  assert.equal(counts.take(), undefined)
})

test('what another snapshot counted goes on', () => {
  const counts = new ShadowCounts()
  counts.bind(operations, inShadow)(recordWith())
  counts.bind([operations[1]!], () => ['limit', 'limit'])(recordWith())
  assert.deepEqual(counts.take()?.judged, [
    { policy: 'limit', route: 'GET /notes', requests: 1 },
    { policy: 'limit', route: 'PUT /notes/{id}', requests: 1 },
  ])
})

test('in a flood of addresses those who come often stay, and memory is bounded', () => {
  const clientsMax = 10
  const counts = new ShadowCounts({ clientsMax: 100 })
  const sums = new ShadowSums({ sinceEpochMs: 0, clientsMax })
  const observe = counts.bind(operations, inShadow)
  let sent = 0
  for (let second = 0; second < 50; second++) {
    for (const clientAddress of ['often', ...Array(150).keys()]) {
      const address =
        typeof clientAddress === 'string' ? clientAddress : `${second}.${clientAddress}`
      observe(recordWith({ clientAddress: address, shadows: limited, finishedEpochMs: second }))
      sent++
    }
    const news = counts.take()!
    assert.ok(news.refused.length <= 101)
    sums.take(news, second)
  }
  const [limit] = sums.report().policies
  assert.equal(limit!.refused, sent)
  assert.ok(limit!.rows.length <= 2 * clientsMax + 1)
  assert.deepEqual([limit!.rows[0]!.client, limit!.rows[0]!.refused], ['often', 50])
  const others = limit!.rows.at(-1)!
  assert.equal(others.client, undefined)
  assert.equal(
    sent,
    limit!.rows.reduce((sum, { refused }) => sum + refused, 0),
  )
})

test('policies and routes beyond their bounds are not told apart', () => {
  const sums = new ShadowSums({ sinceEpochMs: 0, policiesMax: 1, routesMax: 1 })
  for (const policy of ['one', 'two']) {
    for (const route of ['GET /a', 'GET /b']) {
      const row = { firstEpochMs: 1, lastEpochMs: 1, requestId: 'x', fault: 'NOT_FOUND' } as const
      const refused = [{ policy, route, client: 'c', count: 1, ...row }]
      sums.take({ judged: [{ policy, route, requests: 2 }], refused }, 1)
    }
  }
  const { policies } = sums.report()
  assert.equal(policies.length, 1)
  assert.equal(policies[0]!.requests, 4)
  assert.deepEqual(
    policies[0]!.rows.map(({ requests }) => requests),
    [2, undefined],
  )
})
