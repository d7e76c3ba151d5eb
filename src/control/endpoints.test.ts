import assert from 'node:assert/strict'
import { test } from 'node:test'
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

const refused: readonly [text: string, want: RegExp][] = [
  ['', /is not an address/],
  ['127.0.0.1:3000', /is not an address/],
  ['localhost:3000', /is not an address/],
  ['http:localhost', /is not an address/],
  ['http://', /is not an address/],
  ['http://a b', /is not an address/],
  ['ftp://a', /is http:\/\/, https:\/\/ or unix:, not ftp:/],
  ['http://user:secret@a', /no user or password/],
  ['http://a?b=c', /no query/],
  ['http://a/?', /no query/],
  ['http://a/#b', /no query and no fragment/],
  ['http://a:0', /port of its own/],
  ['http://a:99999', /is not an address/],
  ['http://a/b%2fc', /could be read in two ways/],
  ['http://a//b', /could be read in two ways/],
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
