import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileHosts, hostProblem } from '../route.ts'

test('hosts match by name, whatever their case, and by port where the pattern has one', () => {
  const isServed = compileHosts([
    'api.example.com',
    'Admin.example.com:8443',
    '*.example.org',
    '*.example.net:81',
    '[2001:DB8::1]',
    '[::1]:8080',
    '10.0.0.1',
  ])
  const rows: [host: string, want: boolean][] = [
    ['api.example.com', true],
    ['API.Example.COM', true],
    ['api.example.com:8080', true],
    ['api.example.com.', false],
    ['xapi.example.com', false],
    ['admin.example.com:8443', true],
    ['admin.example.com', false],
    ['admin.example.com:443', false],
    ['a.example.org', true],
    ['a.b.example.org:99', true],
    ['example.org', false],
    ['.example.org', false],
    ['aexample.org', false],
    ['*.example.org', true],
    ['a.example.net:81', true],
    ['a.example.net', false],
    ['[2001:db8:0:0::1]', true],
    ['[2001:db8::1]:80', true],
    ['2001:db8::1', false],
    ['[::1]:8080', true],
    ['[::1]', false],
    ['10.0.0.1:9', true],
    ['10.0.0.2', false],
    ['', false],
  ]
  for (const [host, want] of rows) assert.equal(isServed(host), want, host)
})

test('no patterns: every host', () => {
  assert.equal(compileHosts([])('anything'), true)
})

test('a pattern that is no host is told', () => {
  const rows: [pattern: string, isSound: boolean][] = [
    ['api.example.com', true],
    ['API.example.com:1', true],
    ['localhost', true],
    ['*.a.b', true],
    ['[::1]:65535', true],
    ['127.0.0.1', true],
    ['a_b.example', true],
    ['', false],
    ['*', false],
    ['a.*.b', false],
    ['*a.b', false],
    ['a..b', false],
    ['-a.b', false],
    ['http://a', false],
    ['a/b', false],
    ['a:0', false],
    ['a:65536', false],
    ['a:', false],
    ['::1', false],
    ['[::1', false],
    ['[:::1]', false],
    [`${'a'.repeat(64)}.b`, false],
  ]
  for (const [pattern, isSound] of rows) {
    assert.equal(hostProblem(pattern) === undefined, isSound, pattern)
  }
})
