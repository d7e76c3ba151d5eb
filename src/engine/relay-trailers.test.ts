// Fields behind a body, on their way through a gateway whose policies say something of such fields.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkMappedFields } from './mapped-fields.ts'
import { ask, openRelay } from './relay-for-tests.ts'
import { compileRequestEdit } from './request-fields.ts'
import type { LinkedOperation } from './snapshot.ts'

const requestEdit = { drop: ['x-debug'], set: ['X-Env', 'prod'] }

const steps: Partial<LinkedOperation> = {
  requestEdit,
  editLines: compileRequestEdit(requestEdit),
  prepare: [(exchange) => exchange.setField('X-User', 'me') as undefined],
  edit: { drop: ['x-cost'], add: ['X-Frame-Options', 'DENY'] },
  mapFields: linkMappedFields([{ names: ['link'], map: () => undefined }]),
}

const chunked = 'Transfer-Encoding: chunked'

test('what policies say of fields holds for trailers, too', async (t) => {
  const relay = await openRelay(t, { steps })
  const forged = ['x-env: mine', 'X-USER: root', 'X-Debug: 1', 'X-Sum: 7']
  const body = `2\r\nok\r\n0\r\n${forged.join('\r\n')}\r\n\r\n`
  const client = await relay.sent(ask('POST /a', chunked, 'TE: trailers') + body)
  const upstream = await relay.endpoint.next()
  assert.match(await upstream.until('7\r\n\r\n'), /\r\n0\r\nX-Sum: 7\r\n\r\n$/)
  const told = ['X-Cost: 1', 'x-frame-options: ALLOW', 'Link: <http://inside/>', 'X-Sum: 8']
  const reply = `HTTP/1.1 200 OK\r\n${chunked}\r\n\r\n2\r\nok\r\n0\r\n${told.join('\r\n')}\r\n\r\n`
  upstream.send(reply)
  assert.match(await client.until('8\r\n\r\n'), /\r\n0\r\nX-Sum: 8\r\n\r\n$/)
})
