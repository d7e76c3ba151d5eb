import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originTest } from './origin.ts'

test('an origin is held against the list, and against the host where `self` is in it', () => {
  const cases: [says: string, listed: string[], origin: string, host: string, want: boolean][] = [
    ['the same host', ['self'], 'https://api.test', 'api.test', true],
    ['in other case', ['self'], 'https://API.test', 'api.TEST', true],
    ['the same port', ['self'], 'http://api.test:8080', 'api.test:8080', true],
    ['another port', ['self'], 'http://api.test:8081', 'api.test:8080', false],
    ['the port that goes without saying', ['self'], 'https://api.test', 'api.test:443', true],
    ['that of the other scheme', ['self'], 'http://api.test', 'api.test:443', false],
    ['an IPv6 address', ['self'], 'http://[::1]:80', '[::1]', true],
    ['another host', ['self'], 'https://evil.test', 'api.test', false],
    ['one that ends alike', ['self'], 'https://evilapi.test', 'api.test', false],
    ['one that begins alike', ['self'], 'https://api.test.evil', 'api.test', false],
    ['another scheme', ['self'], 'chrome-extension://api.test', 'api.test', false],
    ['null', ['self'], 'null', 'null', false],
    ['nothing', ['self'], '', '', false],
    ['with a user', ['self'], 'https://api.test@evil.test', 'api.test', false],
    ['with a path', ['self'], 'https://api.test/', 'api.test', false],
    ['two in one', ['self'], 'https://api.test https://evil.test', 'api.test', false],
    ['a listed one', ['https://a.test', 'https://b.test'], 'https://b.test', 'api.test', true],
    ['a listed one with its port', ['https://b.test'], 'https://b.test:443', 'api.test', true],
    ['a listed one of another scheme', ['https://b.test'], 'http://b.test', 'api.test', false],
    ['its own where others are listed', ['https://b.test'], 'https://api.test', 'api.test', false],
    ['an app', ['capacitor://localhost'], 'capacitor://localhost', 'api.test', true],
    ['any', ['*'], 'null', 'api.test', true],
  ]
  for (const [says, listed, origin, host, want] of cases) {
    assert.equal(originTest(listed)(origin, host), want, says)
  }
})
