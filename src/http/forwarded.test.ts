import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientFrom, compileForwarding, isForwardingField, passedThrough } from './forwarded.ts'
import { cidrProblem, compileTrust } from './trust.ts'

test('an address is trusted where a range holds it, in whatever form it is written', () => {
  const isTrusted = compileTrust(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::1', '172.16.0.0/12'])
  const rows: [address: string, want: boolean][] = [
    ['10.255.0.1', true],
    ['::ffff:10.1.2.3', true],
    ['::ffff:a01:203', true],
    ['11.0.0.1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['fdff::1', true],
    ['fe00::1', false],
    ['0:0:0:0:0:0:0:1', true],
    ['172.31.255.255', true],
    ['172.32.0.0', false],
    ['010.0.0.1', false],
    ['10.0.0.1 ', false],
    ['', false],
    ['nonsense', false],
  ]
  for (const [address, want] of rows) assert.equal(isTrusted(address), want, address)
  assert.equal(compileTrust([])('127.0.0.1'), false)
  assert.equal(compileTrust(['0.0.0.0/0'])('8.8.8.8'), true)
  assert.equal(compileTrust(['0.0.0.0/0'])('2001:db8::1'), false)
  assert.equal(compileTrust(['::/0'])('8.8.8.8'), true)
})

test('a range that is none is told, with what was meant', () => {
  const rows: [text: string, want: RegExp | undefined][] = [
    ['10.0.0.0/8', undefined],
    ['::1', undefined],
    ['::ffff:10.0.0.0/104', undefined],
    ['10.0.0.1/8', /did you mean 10\.0\.0\.0\/8/],
    ['fd00::1/8', /did you mean fd00::\/8/],
    ['::ffff:10.0.0.1/104', /did you mean 10\.0\.0\.0\/8/],
    ['10.0.0.0/33', /no address range/],
    ['::/129', /no address range/],
    ['10.0.0.0/08', /no address range/],
    ['10.0.0.0/8/8', /no address range/],
    ['10.0.0/8', /no address range/],
    ['10.0.0.256', /no address range/],
    ['1::2::3', /no address range/],
    ['1:2:3:4:5:6:7:8:9', /no address range/],
    ['1:2:3:4:5:6:7::8:9', /no address range/],
    ['fe80::1%eth0', /no address range/],
    ['localhost', /no address range/],
    ['', /no address range/],
  ]
  for (const [text, want] of rows) {
    const problem = cidrProblem(text)
    if (want === undefined) assert.equal(problem, undefined, text)
    else assert.match(problem ?? 'sound', want, text)
  }
})

const isTrusted = compileTrust(['10.0.0.0/8', '::1'])
const hop = { address: '10.0.0.1', port: 5000 }

test('the client is the first address from the right that is no trusted hop', () => {
  const rows: [says: string, headers: string[], want: string][] = [
    ['nothing said', [], '10.0.0.1 5000'],
    ['usual', ['X-Forwarded-For', '203.0.113.9'], '203.0.113.9 0'],
    ['with a port', ['X-Forwarded-For', '203.0.113.9:77'], '203.0.113.9 77'],
    ['IPv6', ['X-Forwarded-For', '2001:DB8::9'], '2001:db8::9 0'],
    ['IPv6 with a port', ['X-Forwarded-For', '[2001:db8::9]:77'], '2001:db8::9 77'],
    ['mapped', ['X-Forwarded-For', '::ffff:203.0.113.9'], '203.0.113.9 0'],
    ['forged on the left', ['X-Forwarded-For', '1.1.1.1, 203.0.113.9'], '203.0.113.9 0'],
    ['two hops', ['X-Forwarded-For', '1.1.1.1, 203.0.113.9, 10.0.0.2'], '203.0.113.9 0'],
    [
      'two fields',
      ['x-forwarded-for', '1.1.1.1', 'X-Forwarded-For', '203.0.113.9'],
      '203.0.113.9 0',
    ],
    ['all trusted', ['X-Forwarded-For', '10.0.0.3, 10.0.0.2'], '10.0.0.3 0'],
    ['malformed stops', ['X-Forwarded-For', '1.1.1.1, junk, 10.0.0.2'], '10.0.0.2 0'],
    ['unknown stops', ['X-Forwarded-For', '1.1.1.1, unknown'], '10.0.0.1 5000'],
    ['empty elements', ['X-Forwarded-For', ', 203.0.113.9 ,,'], '203.0.113.9 0'],
    ['standard', ['Forwarded', 'for=203.0.113.9;proto=https'], '203.0.113.9 0'],
    ['standard, letter case', ['forwarded', 'Proto=http;FOR=203.0.113.9'], '203.0.113.9 0'],
    ['standard IPv6', ['Forwarded', 'for="[2001:db8::9]:4711"'], '2001:db8::9 4711'],
    [
      'standard chain',
      ['Forwarded', 'for=1.1.1.1, for=203.0.113.9, for=10.0.0.2'],
      '203.0.113.9 0',
    ],
    ['obfuscated', ['Forwarded', 'for=1.1.1.1, for=_hidden'], '10.0.0.1 5000'],
    ['no for', ['Forwarded', 'for=1.1.1.1, proto=https'], '10.0.0.1 5000'],
    ['for twice', ['Forwarded', 'for=1.1.1.1;for=203.0.113.9'], '10.0.0.1 5000'],
    [
      'an open quote swallows nothing',
      ['Forwarded', 'for="1.1.1.1, for=203.0.113.9'],
      '203.0.113.9 0',
    ],
    [
      'an open quote before a quoted address',
      ['Forwarded', 'for="\\, for="[2001:db8::9]"'],
      '2001:db8::9 0',
    ],
    ['a comma in quotes', ['Forwarded', 'for=203.0.113.9;by="a,b"'], '203.0.113.9 0'],
    ['both', ['X-Forwarded-For', '203.0.113.8', 'Forwarded', 'for=203.0.113.9'], '203.0.113.9 0'],
  ]
  for (const [says, headers, want] of rows) {
    const { address, port, viaTrustedHop } = clientFrom(hop, headers, isTrusted)
    assert.equal(`${address} ${port}`, want, says)
    assert.equal(viaTrustedHop, true, says)
  }
})

test('where both fields are there, the kind that hops are known to write counts', () => {
  const headers = ['Forwarded', 'for=1.1.1.1', 'X-Forwarded-For', '203.0.113.9']
  assert.equal(clientFrom(hop, headers, isTrusted, 'x-forwarded-for').address, '203.0.113.9')
  assert.equal(clientFrom(hop, headers, isTrusted, 'forwarded').address, '1.1.1.1')
})

test('what an untrusted peer says of others is not read', () => {
  const headers = ['Forwarded', 'for=1.1.1.1', 'X-Forwarded-For', '2.2.2.2']
  assert.deepEqual(clientFrom({ address: '::ffff:203.0.113.9', port: 9 }, headers, isTrusted), {
    address: '203.0.113.9',
    port: 9,
    viaTrustedHop: false,
  })
})

test('a chain of very many trusted hops is read up to a bound', () => {
  const headers = ['X-Forwarded-For', `1.1.1.1${', 10.0.0.2'.repeat(2000)}`]
  assert.equal(clientFrom(hop, headers, isTrusted).address, '10.0.0.2')
})

const forwardingOf = (address: string) =>
  compileForwarding({ peer: { address, port: 9 }, proto: 'http', isTrusted, pseudonym: 'gw-1' })

const linesOf = (address: string, headers: string[], host = 'api.example') =>
  forwardingOf(address).lines({ host, version: '1.1', headers }).split('\r\n')

test('of an untrusted peer the upstream hears from us alone', () => {
  assert.deepEqual(
    linesOf('203.0.113.9', ['X-Forwarded-For', '1.1.1.1', 'Forwarded', 'for=1.1.1.1']),
    [
      'Forwarded: for=203.0.113.9;proto=http;host=api.example',
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: api.example',
      'Via: 1.1 gw-1',
      '',
    ],
  )
})

test('IPv6 and ports are quoted where the grammar asks for it', () => {
  assert.deepEqual(linesOf('2001:db8::9', [], '[::1]:8080').slice(0, 2), [
    'Forwarded: for="[2001:db8::9]";proto=http;host="[::1]:8080"',
    'X-Forwarded-For: 2001:db8::9',
  ])
  assert.deepEqual(linesOf('', [], '').slice(0, 4), [
    'Forwarded: for=unknown;proto=http',
    'X-Forwarded-For: unknown',
    'X-Forwarded-Proto: http',
    'Via: 1.1 gw-1',
  ])
})

test('what trusted hops say is passed on from the client on, and added to', () => {
  const rows: [says: string, headers: string[], want: string[]][] = [
    [
      'usual',
      ['X-Forwarded-For', '1.1.1.1, 203.0.113.9, 10.0.0.2', 'X-Forwarded-Proto', 'HTTPS'],
      [
        'Forwarded: for=203.0.113.9, for=10.0.0.2, for=10.0.0.1;proto=http;host=api.example',
        'X-Forwarded-For: 203.0.113.9, 10.0.0.2, 10.0.0.1',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: api.example',
      ],
    ],
    [
      'standard',
      ['Forwarded', 'for=1.1.1.1, for=203.0.113.9;proto=https;host=shop.example'],
      [
        'Forwarded: for=203.0.113.9;proto=https;host=shop.example, for=10.0.0.1;proto=http;host=api.example',
        'X-Forwarded-For: 203.0.113.9, 10.0.0.1',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: shop.example',
      ],
    ],
    [
      'nonsense',
      ['Forwarded', 'for="', 'X-Forwarded-Proto', 'gopher', 'X-Forwarded-Host', 'a "b'],
      [
        'Forwarded: for=10.0.0.1;proto=http;host=api.example',
        'X-Forwarded-For: 10.0.0.1',
        'X-Forwarded-Proto: http',
        'X-Forwarded-Host: api.example',
      ],
    ],
  ]
  for (const [says, headers, want] of rows) {
    assert.deepEqual(linesOf('10.0.0.1', headers).slice(0, 4), want, says)
  }
})

test('the lines follow the host and version of each request on a connection', () => {
  const forwarding = forwardingOf('203.0.113.9')
  const of = (host: string, version: '1.0' | '1.1') =>
    forwarding.lines({ host, version, headers: [] })
  assert.match(of('a', '1.1'), /host=a\r\n.*Via: 1\.1 /s)
  assert.match(of('a', '1.0'), /host=a\r\n.*Via: 1\.0 /s)
  assert.match(of('b', '1.1'), /host=b\r\n.*Via: 1\.1 /s)
})

test('nothing can be smuggled into the lines', () => {
  const forwarding = forwardingOf('203.0.113.9')
  for (const host of ['a\r\nX: y', 'a"b', 'a b', 'a,b', 'a\\']) {
    assert.throws(() => forwarding.lines({ host, version: '1.1', headers: [] }), /host/, host)
  }
})

test('fields that only a trusted hop may send stay behind, in whatever spelling', () => {
  const untrusted = forwardingOf('203.0.113.9')
  const trusted = forwardingOf('10.0.0.1')
  const rows: [name: string, fromUntrusted: boolean, fromTrusted: boolean][] = [
    ['Forwarded', true, true],
    ['X-Forwarded-For', true, true],
    ['X_Forwarded_For', true, true],
    ['x-forwarded-proto', true, true],
    ['X-Forwarded-Port', true, false],
    ['X-Real-IP', true, false],
    ['X-Forward', false, false],
    ['From', false, false],
    ['X-Request-Id', false, false],
    ['Host', false, false],
  ]
  for (const [name, fromUntrusted, fromTrusted] of rows) {
    assert.equal(untrusted.replaces(name), fromUntrusted, name)
    assert.equal(trusted.replaces(name), fromTrusted, name)
    assert.equal(isForwardingField(name), fromUntrusted, name)
  }
})

test('a request that has been here before is known by its Via', () => {
  const rows: [values: string[], want: boolean][] = [
    [[], false],
    [['Via', '1.1 other, 1.1 GW-1 (comment)'], true],
    [['Via', '1.0 other', 'via', 'HTTP/1.1 gw-1'], true],
    [['Via', '1.1 gw-11'], false],
    [['Via', 'gw-1'], false],
  ]
  for (const [headers, want] of rows) {
    assert.equal(passedThrough(headers, 'gw-1'), want, headers.join())
  }
})
