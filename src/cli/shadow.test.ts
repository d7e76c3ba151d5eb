// The shadow report of an admin port that says whatever a test wants.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { command } from '../../test/command.ts'
import { folderWith } from '../../test/folder.ts'
import { shadowText } from './shadow.ts'

const bounded = { timeout: 60_000 }

async function told(t: TestContext, answer: RequestListener, ...args: string[]) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return command([...args, '--admin', String(port)], folderWith(t, {}))
}

const says =
  (data: unknown): RequestListener =>
  (_, response) =>
    response.end(JSON.stringify({ data }))

const time = '2026-03-12T10:30:00.000Z'
const evil = '\u001B]0;own\u0007\u009B2J\u202Eevil\n'
const row = {
  operation: 'GET /notes',
  client: '203.0.113.7',
  wouldRefuse: 41,
  requests: 1204,
  first: time,
  last: time,
  requestId: 'r1',
  fault: 'LIMIT_EXCEEDED',
}
const policy = {
  policy: 'limit',
  since: time,
  requests: 1204,
  wouldRefuse: 41,
  clients: 1,
  rows: [row],
}
const report = { since: time, policies: [policy] }

const notReports: [says: string, data: unknown][] = [
  ['nothing', undefined],
  ['a list', []],
  ['a time that is none', { ...report, since: 'soon' }],
  ['a policy that is none', { ...report, policies: [null] }],
  [
    'a row without a client',
    { since: time, policies: [{ ...policy, rows: [{ ...row, client: 1 }] }] },
  ],
]

for (const [what, data] of notReports) {
  test(`shadow takes ${what} for no report`, bounded, async (t) => {
    const { code, out, err } = await told(t, says(data), 'shadow')
    assert.match(err, /^error: .*(is no report|none of a gateway)$/m)
    assert.deepEqual({ code, out }, { code: 1, out: '' })
  })
}

const notGateways: [says: string, answer: RequestListener, want: RegExp][] = [
  ['what never ends', (_, response) => endless(response), /the answer is too large/],
  ['another service', (_, response) => response.writeHead(404).end('<h1>'), /it answered 404/],
  ['a redirect', (_, response) => response.writeHead(302, { Location: '/' }).end(), /^error: /],
]

function endless(response: Parameters<RequestListener>[1]): void {
  const piece = Buffer.alloc(1024 * 1024, 0x20)
  const more = () => {
    while (response.write(piece)) if (response.destroyed) return
  }
  response.on('drain', more)
  more()
}

for (const [what, answer, want] of notGateways) {
  test(`shadow and explain end in good order before ${what}`, bounded, async (t) => {
    for (const words of [['shadow'], ['explain', '12345678']]) {
      const { code, out, err } = await told(t, answer, ...words)
      assert.match(err, want)
      assert.deepEqual({ code, out }, { code: 1, out: '' })
    }
  })
}

test('shadow tells what enforcing would mean', bounded, async (t) => {
  const { out } = await told(t, says(report), 'shadow')
  assert.match(out, /^limit +GET \/notes +203\.0\.113\.7 +41 +1204 +.*LIMIT_EXCEEDED +r1$/m)
  assert.match(
    out,
    /^enforcing 'limit' would have refused 41 of 1,204 requests from 1 client since \S.*$/m,
  )
})

const closings: [says: string, changes: object, want: RegExp][] = [
  [
    'nothing',
    { wouldRefuse: 0, clients: 0, rows: [] },
    /would have refused none of 1,204 requests/,
  ],
  ['one of one', { wouldRefuse: 1, requests: 1 }, /refused 1 of 1 request from 1 client/],
  [
    'clients that are not told apart',
    { rows: [row, { ...row, client: null, operation: null, requests: null }] },
    /from more than 1 client/,
  ],
]

for (const [what, changes, want] of closings) {
  test(`the closing line of ${what}`, bounded, async (t) => {
    const { out } = await told(
      t,
      says({ ...report, policies: [{ ...policy, ...changes }] }),
      'shadow',
    )
    assert.match(out, want)
  })
}

test('nothing that an admin port says steers the terminal', bounded, async (t) => {
  const steering = { ...row, operation: evil, client: evil, requestId: evil, fault: evil }
  const bad = { since: time, policies: [{ ...policy, policy: evil, rows: [steering] }] }
  const explanation = {
    request: { id: evil, at: evil, durationMs: 1, method: evil, path: evil, client: evil },
    revision: evil,
    operation: { id: evil, method: evil, template: evil },
    upstream: evil,
    bounds: [{ name: evil, value: 1, unit: evil, default: 1, origin: evil }],
    decisions: [
      {
        policy: evil,
        mode: evil,
        verdict: 'would refuse',
        fault: evil,
        reason: evil,
        origin: evil,
        words: evil,
      },
    ],
    outcome: {
      result: 'refused',
      by: evil,
      fault: evil,
      status: 400,
      message: evil,
      reason: evil,
      details: [{ in: evil, field: evil, issue: evil, message: evil }],
    },
    notes: [evil],
  }
  for (const [data, ...words] of [
    [bad, 'shadow'],
    [explanation, 'explain', '12345678'],
  ] as [object, ...string[]][]) {
    for (const more of [[], ['--json']]) {
      const { code, out } = await told(t, says(data), ...words, ...more)
      assert.equal(code, 0)
      assert.doesNotMatch(out, /[^\P{Cc}\n]|\p{Cf}/u)
    }
  }
})

test('an explanation that is none is not shown', bounded, async (t) => {
  const { code, err } = await told(t, says({ request: {} }), 'explain', '12345678')
  assert.match(err, /explains nothing/)
  assert.equal(code, 1)
})

const plain = (_: string, text: string): string => text

test('a report of another day says which', () => {
  const since = new Date(2026, 2, 12, 10, 30)
  assert.equal(
    shadowText({ since, policies: [] }, undefined, plain),
    'no policy has judged a request in shadow since 2026-03-12 10:30\n',
  )
})
