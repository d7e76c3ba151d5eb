import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointPlan } from '../upstream.ts'
import { deployment } from './testing.ts'
import { ownListener, readEndpoint } from './endpoints.ts'

const read: readonly [text: string, host: string, port: number, basePath: string][] = [
  ['http://127.0.0.1:3000', '127.0.0.1', 3000, ''],
  ['http://service', 'service', 80, ''],
  ['http://service/', 'service', 80, ''],
  ['HTTP://Service:81/a/b/', 'service', 81, '/a/b'],
  ['http://[::1]:82/v1', '::1', 82, '/v1'],
]

for (const [text, host, port, basePath] of read) {
  test(`an endpoint: ${text}`, () => assert.deepEqual(readEndpoint(text), { host, port, basePath }))
}

const others: readonly [text: string, want: EndpointPlan][] = [
  ['https://service', { host: 'service', port: 443, basePath: '', isSecure: true }],
  ['https://[::1]:82/v1/', { host: '::1', port: 82, basePath: '/v1', isSecure: true }],
  ['https://service:80', { host: 'service', port: 80, basePath: '', isSecure: true }],
  ['h2c://127.0.0.1:3000', { host: '127.0.0.1', port: 3000, basePath: '', http: 2 }],
  ['H2C://Service/v1/', { host: 'service', port: 80, basePath: '/v1', http: 2 }],
  ['unix:/run/app.sock', { socketPath: '/run/app.sock', basePath: '' }],
  ['UNIX:/run/my app.sock', { socketPath: '/run/my app.sock', basePath: '' }],
  ['unix:/run/app.sock:/v1/', { socketPath: '/run/app.sock', basePath: '/v1' }],
  ['unix:/run/app.sock:/', { socketPath: '/run/app.sock', basePath: '' }],
]

for (const [text, want] of others) {
  test(`an endpoint: ${text}`, () => assert.deepEqual(readEndpoint(text), want))
}

const refused: readonly [text: string, want: RegExp][] = [
  ['', /is not an address/],
  ['127.0.0.1:3000', /is not an address/],
  ['localhost:3000', /is not an address/],
  ['http:localhost', /is not an address/],
  ['http://', /is not an address/],
  ['http://a b', /is not an address/],
  ['ftp://a', /is http:\/\/, https:\/\/, h2c:\/\/ or unix:, not ftp:/],
  ['h2://a', /h2c:\/\/ or unix:, not h2:\/\/: write https:\/\/, with 'http: 2'/],
  ['grpc://a:1', /not grpc:\/\/: write h2c:\/\/$/],
  ['h2c:a', /is not an address/],
  ['h2c://a:0', /port of its own/],
  ['http://user:secret@a', /no user or password/],
  ['http://a?b=c', /no query/],
  ['http://a/?', /no query/],
  ['http://a/#b', /no query and no fragment/],
  ['http://a:0', /port of its own/],
  ['http://a:99999', /is not an address/],
  ['http://a/b%2fc', /could be read in two ways/],
  ['http://a//b', /could be read in two ways/],
  ['unix:', /has an absolute path/],
  ['unix:run/app.sock', /has an absolute path/],
  ['unix://run/app.sock', /has an absolute path/],
  ['unix:/run/app.sock:v1', /is no path of requests/],
  ['unix:/run/app.sock:/v 1', /is no path of requests/],
  ['unix:/run/app.sock:/a:/b', /more than one colon/],
  ['unix:/run/app.sock:/a//b', /could be read in two ways/],
  ['unix:/run/app.sock:/a?b', /no query/],
  [`unix:/${'a'.repeat(107)}`, /has 107 bytes at most/],
]

for (const [text, want] of refused) {
  test(`no endpoint: ${text}`, () => {
    const message = readEndpoint(text)
    assert.equal(typeof message, 'string')
    assert.match(message as string, want)
    assert.doesNotMatch(message as string, /secret/)
  })
}

const own: readonly [text: string, want: RegExp | undefined][] = [
  ['http://127.0.0.1:8080', /port 8080/],
  ['http://localhost:8080', /port 8080/],
  ['http://[::1]:9090', /admin port/],
  ['http://0.0.0.0:8080/deeper', /port 8080/],
  ['http://127.0.0.1:8081', undefined],
  ['http://10.0.0.1:8080', undefined],
  ['https://localhost:8080', /port 8080/],
  ['unix:/run/app.sock', undefined],
]

for (const [text, want] of own) {
  test(`${text} is ${want === undefined ? 'a service' : 'ourselves'}`, () => {
    const endpoint = readEndpoint(text)
    assert.ok(typeof endpoint !== 'string')
    const found = ownListener(endpoint, deployment)
    if (want === undefined) assert.equal(found, undefined)
    else assert.match(found!, want)
  })
}
