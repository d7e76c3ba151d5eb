import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { defaultLimits, type Documents } from '../base.ts'
import { readContract } from '../contract.ts'
import type { Exchange } from '../http.ts'
import { linkSchemas } from '../schema.ts'
import { exchangeWith, operationWith, siteWith, toolsWith } from './testing.ts'
import { websocket, type WebSocketConfig } from './websocket.ts'

assert(websocket.phase === 'several' && websocket.everyReply !== true)
const { compile, link, looser } = websocket
const defaults = websocket.defaultFor('public')!

const socket = { ...operationWith({ statuses: ['101', '400'] }) }

function handshake(config: Partial<WebSocketConfig> = {}, operation = socket) {
  const plan = compile({ ...defaults, ...config }, siteWith(operation))
  return plan && link(plan, toolsWith()).check!
}

const shaken = ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==']

function asking(headers: readonly string[], more: Partial<Exchange['request']> = {}): Exchange {
  const exchange = exchangeWith(headers)
  return { ...exchange, request: { ...exchange.request, upgrade: 'websocket', ...more } }
}

test('operations that declare 101 take WebSockets, and no others', () => {
  const cases: [says: string, more: Parameters<typeof operationWith>[0], takes: boolean][] = [
    ['one that does', { statuses: ['101'] }, true],
    ['one that does not', { statuses: ['200', 'default'] }, false],
    ['a range', { statuses: ['1XX'] }, false],
    ['a POST', { method: 'POST', statuses: ['101'] }, false],
  ]
  for (const [says, more, takes] of cases) {
    assert.equal(handshake({}, operationWith(more)) !== undefined, takes, says)
  }
})

test('the handshake is held to RFC 6455', async () => {
  const check = handshake()!
  const code = async (exchange: Exchange) => (await check(exchange))?.code
  assert.equal(await code(asking(shaken)), undefined)
  assert.equal(await code(asking(shaken.slice(2))), 'UPGRADE_REQUIRED')
  assert.equal(await code(asking(shaken.slice(0, 2))), 'INVALID_INPUT')
  assert.equal(await code(asking([...shaken, ...shaken.slice(2)])), 'INVALID_INPUT')
  assert.equal(await code(asking(shaken.slice(0, 2), { version: '2' })), undefined)
  assert.equal(await code(asking([...shaken, 'Origin', 'https://api.test'])), undefined)
  assert.equal(await code(asking([...shaken, 'Origin', 'https://evil.test'])), 'ORIGIN_DENIED')
  assert.equal(await code(exchangeWith([])), 'UPGRADE_REQUIRED')
})

test('an ordinary request passes where the contract declares another success', async () => {
  for (const status of ['200', '2XX', '303', 'default']) {
    const check = handshake({}, operationWith({ statuses: ['101', status] }))!
    assert.equal(await check(exchangeWith([])), undefined, status)
  }
})

test('what an inner level permits beyond the outer one must be named', () => {
  const cases: [says: string, outer: object, inner: object, want: string | undefined][] = [
    ['nothing', {}, {}, undefined],
    ['less', { messageBytesMax: 10 }, { messageBytesMax: 5 }, undefined],
    ['a first bound', {}, { messageBytesMax: 5 }, undefined],
    ['more', { messageBytesMax: 5 }, { messageBytesMax: 9 }, 'messageBytesMax 9 in place of 5'],
    ['none', { idleTimeoutMs: 9 }, { idleTimeoutMs: 0 }, 'idleTimeoutMs 0 in place of 9'],
    ['first origins', {}, { origins: ['https://a.test'] }, undefined],
    ['fewer origins', { origins: ['self', 'https://a.test'] }, { origins: ['self'] }, undefined],
    ['more origins', { origins: ['self'] }, { origins: ['*'] }, 'origins * too'],
    ['any already', { origins: ['*'] }, { origins: ['https://a.test'] }, undefined],
    ['no check', { checkUtf8: true }, { checkUtf8: false }, 'texts are not checked'],
  ]
  for (const [says, outer, inner, want] of cases) {
    assert.equal(looser!({ ...defaults, ...outer }, { ...defaults, ...inner }), want, says)
  }
})

test('what may be written', () => {
  const schema = websocket.schema(z)
  const cases: [says: string, config: object, want: boolean][] = [
    ['the defaults', {}, true],
    ['never', { pingMs: 0, idleTimeoutMs: 0 }, true],
    ['a ping each millisecond', { pingMs: 1 }, false],
    ['origins', { origins: ['self', 'https://a.test', 'capacitor://localhost'] }, true],
    ['no origin', { origins: [] }, false],
    ['an origin with a path', { origins: ['https://a.test/'] }, false],
    ['a host', { origins: ['a.test'] }, false],
    ['a schema of another file', { messages: { client: { $ref: 'b.yaml#/a' } } }, false],
    ['an unknown key', { maxMessage: 1 }, false],
  ]
  for (const [says, config, want] of cases) {
    assert.equal(schema.safeParse({ ...defaults, ...config }).success, want, says)
  }
})

const contract = {
  openapi: '3.1.0',
  info: { title: 't', version: '1' },
  components: {
    schemas: {
      Said: {
        type: 'object',
        required: ['text'],
        properties: { text: { type: 'string' }, id: { readOnly: true } },
      },
    },
  },
  paths: { '/': { get: { responses: { 101: { description: 'open' } } } } },
}

function judgeOf(messages: WebSocketConfig['messages'], problems: string[] = []) {
  const root = 'file:///c.json'
  const documents: Documents = {
    root,
    values: new Map([[root, contract]]),
    locate: (file, pointer) => ({ file: `${file}#${pointer}`, line: 1, column: 1 }),
  }
  const read = readContract(documents)
  const plan = compile({ ...defaults, messages }, siteWith(read.operations[0]!, problems))!
  const check = linkSchemas(read.finish().schemas)
  return link(plan, { ...toolsWith(), check }).tunnel!
}

const said = { $ref: '#/components/schemas/Said' }

test('messages are held to a schema of the contract, each for its way', () => {
  const { client, server } = judgeOf({ client: said, server: said })
  const kindOf = (rules: typeof client, text: string, isText = true) =>
    rules.judge!(Buffer.from(text), isText)?.kind
  assert.equal(kindOf(client, '{"text":"a"}'), undefined)
  assert.equal(kindOf(client, '{"text":1}'), 'content')
  assert.equal(kindOf(client, '{}'), 'content')
  assert.equal(kindOf(client, '{"text":"a","id":1}'), 'content')
  assert.equal(kindOf(server, '{"text":"a","id":1}'), undefined)
  assert.equal(kindOf(client, '{"text":"a","text":"b"}'), 'content')
  assert.equal(kindOf(client, '{"text":"a"}', false), 'type')
  assert.equal(client.judge!(Buffer.of(0x22, 0xff, 0x22), true)?.kind, 'encoding')
  assert.equal(client.bytesMax, defaultLimits.itemBytesMax)
})

test('where one side has a schema, the other is not looked into', () => {
  const { client, server } = judgeOf({ client: said })
  assert.equal(typeof client.judge, 'function')
  assert.equal(server.judge, undefined)
  assert.equal(server.bytesMax, undefined)
})

test('a schema that is not there is reported', () => {
  const problems: string[] = []
  judgeOf({ server: { $ref: '#/components/schemas/Sad' } }, problems)
  assert.deepEqual(problems, [
    "'messages.server' leads nowhere: the contract has no #/components/schemas/Sad",
  ])
})
