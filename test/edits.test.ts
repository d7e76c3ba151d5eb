// What policies set, remove, rewrite and hide, from the words of a contract to the bytes on both
// sides.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { compileText } from '../src/control/testing.ts'
import { exchanged, gatewayOf } from './gateway.ts'

const contract = `
openapi: 3.1.0
info: { title: Shop, version: 1.0.0 }
servers: [{ url: /v1 }]
x-concordat:
  policies:
    headers:
      request: { set: { X-Env: prod, X-Level: api }, remove: [X-Debug] }
      reply: { set: { Cache-Control: no-store }, remove: [X-Cost] }
paths:
  /orders/{orderId}:
    get:
      operationId: getOrder
      parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
      x-concordat:
        policies:
          headers: { request: { set: { X-Level: operation } } }
          rewrite: { path: '/legacy/{orderId}/order', host: orders.inside }
      responses: { '200': { description: it } }
  /items:
    get:
      operationId: listItems
      x-concordat: { policies: { rewrite: { prefix: { from: /v1, to: '' } } } }
      responses: { '200': { description: all } }
    post:
      operationId: createItem
      responses: { '201': { description: made } }
`

type Answer = (request: IncomingMessage, reply: ServerResponse) => void

async function service(t: TestContext, answer: Answer): Promise<number> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

const echo: Answer = ({ url, headers }, reply) => {
  const { host, 'x-env': env, 'x-level': level, 'x-debug': debug } = headers
  reply.setHeader('X-Cost', '7')
  reply.end(JSON.stringify({ url, host, env, level, debug }))
}

test('each level adds its edits, and the service sees the path and host that it knows', async (t) => {
  const to = [`http://127.0.0.1:${await service(t, echo)}`]
  const port = await gatewayOf(t, { contract, to })
  const order = await exchanged(port, ['GET /v1/orders/o%201', 'X-Debug: 1', 'X-Env: mine'])
  assert.match(
    order,
    /\{"url":"\/legacy\/o%201\/order","host":"orders.inside","env":"prod","level":"operation"\}/,
  )
  assert.match(order, /\r\nCache-Control: no-store\r\n/)
  assert.doesNotMatch(order, /X-Cost/)
  const items = await exchanged(port, ['GET /v1/items'])
  assert.match(items, /"url":"\/items","host":"127.0.0.1:\d+","env":"prod","level":"api"/)
})

test('replies of the gateway itself get the same fields', async (t) => {
  const port = await gatewayOf(t, { contract, to: ['http://127.0.0.1:9'] })
  for (const [line, status] of [
    ['GET /v1/other', 404],
    ['DELETE /v1/items', 405],
    ['GET /v1/items?x=1', 400],
  ] as const) {
    const reply = await exchanged(port, [line])
    assert.match(reply, new RegExp(`^HTTP/1.1 ${status} [^]*\r\nCache-Control: no-store\r\n`), line)
    assert.equal(reply.split('Cache-Control').length, 2, line)
  }
})

test('in shadow nothing is set and nothing rewritten', async (t) => {
  const to = [`http://127.0.0.1:${await service(t, echo)}`]
  const shadowed = contract
    .replace('      request: { set: { X-Env', '      mode: shadow\n      request: { set: { X-Env')
    .replace(
      'headers: { request: { set: { X-Level',
      'headers: { mode: shadow, request: { set: { X-Level',
    )
    .replace('rewrite: { path', 'rewrite: { mode: shadow, path')
  const port = await gatewayOf(t, { contract: shadowed, to })
  const order = await exchanged(port, ['GET /v1/orders/1', 'X-Debug: 1'])
  assert.match(order, /"url":"\/v1\/orders\/1","host":"127.0.0.1:\d+","debug":"1"\}/)
  assert.match(order, /X-Cost: 7/)
})

test('a public client learns nothing of the addresses behind', async (t) => {
  const to = await service(t, ({ headers }, reply) => {
    reply.writeHead(201, [
      ['Location', `http://${headers.host}/base/v1/items/1`],
      [
        'Link',
        `<http://${headers.host}/base/v1/items>; rel=collection, <http://10.0.0.9/x>; rel=up`,
      ],
      ['Set-Cookie', 'a=b; Domain=127.0.0.1; Path=/base/v1'],
      ['Set-Cookie', 'c=d'],
      ['Server', 'inside/1.0'],
    ])
    reply.end()
  })
  const texts = { contract, to: [`http://127.0.0.1:${to}/base`] }
  const reply = await exchanged(await gatewayOf(t, texts), ['POST /v1/items', 'Content-Length: 0'])
  assert.match(reply, /\r\nLocation: \/v1\/items\/1\r\n/)
  assert.match(reply, /\r\nLink: <\/v1\/items>; rel=collection\r\n/)
  assert.match(reply, /\r\nSet-Cookie: a=b; Path=\/v1\r\nSet-Cookie: c=d\r\n/)
  assert.doesNotMatch(reply, /10\.0\.0\.9|inside|127\.0\.0\.1|base/)
  const internal = { ...texts, config: 'audience: internal' }
  const open = await exchanged(await gatewayOf(t, internal), [
    'POST /v1/items',
    'Content-Length: 0',
  ])
  assert.match(open, /\r\nLocation: http:\/\/127\.0\.0\.1:\d+\/base\/v1\/items\/1\r\n/)
})

const refused: readonly [says: string, change: (text: string) => string, message: RegExp][] = [
  [
    'a parameter that the path does not have',
    (text) => text.replace('/legacy/{orderId}/order', '/legacy/{id}'),
    /openapi\.yaml:\d+:\d+ error '\{id\}' is no parameter of the path \/orders\/\{orderId\}/,
  ],
  [
    'a prefix that no path has',
    (text) => text.replace('from: /v1,', 'from: /v2,'),
    /openapi\.yaml:\d+:\d+ error 'policies.rewrite.prefix' has no effect/,
  ],
  [
    'a field that frames',
    (text) => text.replace('X-Env: prod', 'Content-Length: "1"'),
    /openapi\.yaml:\d+:\d+ error .*Content-Length.*frames/,
  ],
]
for (const [says, change, message] of refused) {
  test(`refused with its place: ${says}`, () => {
    const { said } = compileText(change(contract), undefined, ['http://127.0.0.1:9'])
    assert.match(said.join('\n'), message)
  })
}
