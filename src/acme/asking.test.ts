import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { makeAuthority, makeCertificate } from '../../test/certificates.ts'
import { manualClock, systemClock } from '../base.ts'
import { askOverHttps, type AskingTerms } from './asking.ts'
import { isFailure } from './failure.ts'

const ca = makeAuthority()
const identity = makeCertificate({ names: ['127.0.0.1'], issuer: ca })

async function served(
  t: TestContext,
  answer: (request: IncomingMessage, reply: ServerResponse) => void,
  terms: Partial<AskingTerms> = {},
) {
  const server = createServer(identity, answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const asking = askOverHttps({ ca: ca.cert, clock: systemClock, ...terms })
  t.after(() => {
    asking.close()
    server.close().closeAllConnections()
  })
  const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = new AbortController()
  const ask = (path: string, body?: string) =>
    asking.ask(
      body === undefined
        ? { method: 'GET', url: base + path }
        : { method: 'POST', url: base + path, body },
      stop.signal,
    )
  return { ask, stop, base }
}

test('a question is answered with status, fields and text', async (t) => {
  const { ask } = await served(t, async (request, reply) => {
    let body = ''
    for await (const piece of request) body += piece
    const { 'content-type': type } = request.headers
    reply.writeHead(201, { 'Replay-Nonce': 'n' }).end(`${request.method} ${type} ${body}`)
  })
  const answer = await ask('/x', '{}')
  assert.ok(!isFailure(answer))
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['replay-nonce'], 'n')
  assert.equal(answer.text, 'POST application/jose+json {}')
})

const failures: [
  says: string,
  answer: (request: IncomingMessage, reply: ServerResponse) => void,
  want: RegExp,
][] = [
  ['an answer without an end', (_, reply) => endless(reply), /longer than 262144 bytes/],
  ['a connection that breaks', (request) => request.socket.destroy(), /cannot be asked/],
  [
    'a circle of redirects',
    (_, reply) => reply.writeHead(302, { Location: '/again' }).end(),
    /leads in circles/,
  ],
  [
    'a redirect away from HTTPS',
    (_, reply) => reply.writeHead(302, { Location: 'http://ca.test/' }).end(),
    /no https address/,
  ],
]

for (const [says, answer, want] of failures) {
  test(`${says} is a failure`, async (t) => {
    const { ask } = await served(t, answer)
    const outcome = await ask('/x')
    assert.ok(isFailure(outcome))
    assert.match(outcome.text, want)
  })
}

function endless(reply: ServerResponse): void {
  const more = () => {
    while (!reply.destroyed && reply.write('x'.repeat(65_536)));
  }
  reply.on('drain', more)
  more()
}

test('what only gets follows a redirect, what is signed does not', async (t) => {
  const { ask } = await served(t, (request, reply) => {
    if (request.url === '/new') reply.end('found')
    else reply.writeHead(301, { Location: '/new' }).end()
  })
  const [got, posted] = [await ask('/old'), await ask('/old', '{}')]
  assert.ok(!isFailure(got) && !isFailure(posted))
  assert.equal(got.text, 'found')
  assert.equal(posted.status, 301)
})

test('who does not answer in time has failed, and who stops is not kept waiting', async (t) => {
  const clock = manualClock()
  const asked = Promise.withResolvers<void>()
  const { ask } = await served(t, () => asked.resolve(), { clock })
  const outcome = ask('/x')
  await asked.promise
  clock.advance(30_000)
  const late = await outcome
  assert.ok(isFailure(late))
  assert.match(late.text, /no answer within 30 s/)

  const again = Promise.withResolvers<void>()
  const other = await served(t, () => again.resolve())
  const stopped = other.ask('/x')
  await again.promise
  other.stop.abort()
  const ended = await stopped
  assert.ok(isFailure(ended))
  assert.equal(ended.failed, 'stopped')
})

test('a server that nobody vouches for is not asked', async (t) => {
  const { ask } = await served(t, (_, reply) => reply.end(), { ca: makeAuthority('other').cert })
  const outcome = await ask('/x')
  assert.ok(isFailure(outcome))
  assert.equal(outcome.failed, 'unavailable')
})
