import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointPlan, UpstreamPlan } from './plan.ts'
import { authorityOf, endpointName, transportKey } from './transport.ts'

const named: readonly [endpoint: EndpointPlan, name: string, authority: string][] = [
  [{ host: 'a', port: 80, basePath: '/v1' }, 'a:80', 'a'],
  [{ host: 'a', port: 443, basePath: '' }, 'a:443', 'a:443'],
  [{ host: 'a', port: 443, basePath: '', isSecure: true }, 'a:443', 'a'],
  [{ host: 'a', port: 80, basePath: '', isSecure: true }, 'a:80', 'a:80'],
  [{ host: '::1', port: 80, basePath: '' }, '[::1]:80', '[::1]'],
  [{ socketPath: '/run/a.sock', basePath: '' }, 'unix:/run/a.sock', 'localhost'],
]

for (const [endpoint, name, authority] of named) {
  test(`${JSON.stringify(endpoint)} is ${name} in records, and ${authority} in Host`, () => {
    assert.deepEqual([endpointName(endpoint), authorityOf(endpoint)], [name, authority])
  })
}

const plain: EndpointPlan = { host: 'a', port: 443, basePath: '' }
const secure: EndpointPlan = { ...plain, isSecure: true }
const upstream: UpstreamPlan = { name: 'a', endpoints: [], preserveHost: false }

test('connections are shared by what is reached alike, and by nothing else', () => {
  const settings: readonly [endpoint: EndpointPlan, upstream: UpstreamPlan][] = [
    [plain, upstream],
    [secure, upstream],
    [secure, { ...upstream, tls: { id: '1' } }],
    [secure, { ...upstream, tls: { id: '2' } }],
    [plain, { ...upstream, proxyProtocol: 'v1' }],
    [plain, { ...upstream, proxyProtocol: 'v2' }],
    [secure, { ...upstream, proxyProtocol: 'v2' }],
    [{ socketPath: 'a:443', basePath: '' }, upstream],
  ]
  const keys = settings.map((one) => transportKey(...one))
  assert.equal(new Set(keys).size, settings.length)
  const elsewhere = { ...upstream, name: 'b', preserveHost: true, tls: { id: '1' } }
  assert.equal(transportKey({ ...plain, basePath: '/v1' }, elsewhere), keys[0])
})
