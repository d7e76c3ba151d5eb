import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatWords, isKnownFormat, numberFormat, textFormat } from './format.ts'

const cases: Record<string, { yes: string[]; no: string[] }> = {
  'date-time': {
    yes: [
      '2026-11-20T10:23:56Z',
      '2026-11-20t10:23:56.123456789z',
      '2024-02-29T00:00:00+05:30',
      '1998-12-31T23:59:60Z',
      '1998-12-31T15:59:60.5-08:00',
    ],
    no: [
      '2026-11-20 10:23:56Z',
      '2026-11-20T10:23:56',
      '2023-02-29T00:00:00Z',
      '1998-12-31T22:59:60Z',
      '2026-11-20T24:00:00Z',
      '2026-11-20T10:23:56.Z',
      '2026-11-20T10:23:56+24:00',
      '2026-11-20T10:23:56Z ',
      '２026-11-20T10:23:56Z',
      '',
    ],
  },
  date: {
    yes: ['2000-02-29', '0000-01-01', '9999-12-31'],
    no: ['1900-02-29', '2026-13-01', '2026-1-1', '2026-11-31', '2026/11/20', '2026-11-200'],
  },
  time: { yes: ['10:00:00Z', '10:00:00.5+01:00'], no: ['10:00', '10:00:00', '10:00:00+1:00'] },
  duration: {
    yes: ['P1Y2M3DT4H5M6S', 'PT1M', 'P4W'],
    no: ['P', 'PT', 'P1', 'P1W1D', '1D', 'P1DT'],
  },
  email: {
    yes: ['joe@example.com', "o'x+tag@a.b", '"joe bloggs"@example.com', 'a@[127.0.0.1]'],
    no: ['joe', '@a.b', 'a..b@c.d', 'a@-b.c', '.a@b.c', 'a@b@c.d', 'a@[1.2.3]', 'a b@c.d'],
  },
  hostname: {
    yes: ['example.com', 'a', 'xn--nxasmq6b.com', '1.2'],
    no: ['', '-a', 'a-', 'a..b', 'a.', 'a_b', `${'a'.repeat(64)}.com`, 'a.'.repeat(127) + 'ab'],
  },
  ipv4: { yes: ['0.0.0.0', '255.255.255.255'], no: ['256.0.0.1', '1.2.3', '01.2.3.4', '1.2.3.4 '] },
  ipv6: {
    yes: [
      '::',
      '::1',
      '1:2:3:4:5:6:7:8',
      'fe80::1',
      '::ffff:1.2.3.4',
      '1::8',
      '1:2:3:4:5:6:1.2.3.4',
    ],
    no: ['1:2:3', '::1::', '1:2:3:4:5:6:7:8:9', '12345::', ':1', '1.2.3.4::', '::%eth0', ':::'],
  },
  uri: {
    yes: [
      'http://a.b/c?d=e#f',
      'urn:isbn:1',
      'http://[::1]:80/',
      'mailto:a@b.c',
      'a:',
      'x://u:p@h:1',
    ],
    no: [
      '//a.b',
      '/a',
      'http://a b',
      'http://a/%zz',
      'http://[::1',
      ':a',
      'http://a/<b>',
      'http://é',
    ],
  },
  'uri-reference': {
    yes: ['', '/a/b', '../c', '#f', '?q', '//h/p', 'a/b:c', './a:b'],
    no: ['1:b', '\\a', '#a#b', 'a[b]', '%'],
  },
  iri: { yes: ['http://é.example/ü?ñ'], no: ['é', 'http://a b'] },
  'iri-reference': { yes: ['é'], no: ['\\é'] },
  'uri-template': { yes: ['/a/{b}', '{+x}{?q*}'], no: ['/a/{b', '}', '%', '{}'] },
  uuid: {
    yes: ['2eb8aa08-aa98-11ea-b4aa-73b441d16380', '2EB8AA08-AA98-11EA-B4AA-73B441D16380'],
    no: ['2eb8aa08-aa98-11ea-b4aa-73b441d1638', '2eb8aa08aa9811eab4aa73b441d16380', ''],
  },
  byte: { yes: ['', 'YQ==', 'YWI=', 'YWJj'], no: ['YQ', 'YQ=', '-_==', 'Y Q==', 'Y_=='] },
  base64url: { yes: ['', 'YQ', '-_'], no: ['+/', 'a b'] },
  'json-pointer': { yes: ['', '/', '/a/b~0~1', '/é'], no: ['a', '/~', '/~2'] },
  'relative-json-pointer': { yes: ['0', '1/a', '2#'], no: ['', '/a', '01/a', '-1'] },
  regex: { yes: ['^a+$', '\\p{L}'], no: ['(', '[', '\\'] },
}

for (const [format, { yes, no }] of Object.entries(cases)) {
  suite(format, () => {
    const isValid = textFormat(format)
    assert.ok(isValid !== undefined && isKnownFormat(format))
    for (const text of yes) test(`takes ${text}`, () => assert.equal(isValid(text), true))
    for (const text of no) test(`refuses ${text}`, () => assert.equal(isValid(text), false))
  })
}

const numbers: [string, number[], number[]][] = [
  ['int32', [0, -(2 ** 31), 2 ** 31 - 1], [2 ** 31, 0.5, -(2 ** 31) - 1]],
  ['int64', [0, 2 ** 53, -(2 ** 63)], [2 ** 64, 0.5]],
  ['uint8', [0, 255], [-1, 256]],
  ['float', [0.5, 3e38], [4e38]],
  ['double', [1e308], []],
]
for (const [format, yes, no] of numbers) {
  test(`${format} takes numbers of its range`, () => {
    for (const value of yes) assert.equal(numberFormat(format)?.(value), true, String(value))
    for (const value of no) assert.equal(numberFormat(format)?.(value), false, String(value))
  })
}

test('a format that only hints is known and checks nothing', () => {
  assert.ok(isKnownFormat('password'))
  assert.equal(textFormat('password'), undefined)
  assert.equal(isKnownFormat('snowflake'), false)
})

test('a long text is refused in linear time by every format', () => {
  const subjects = ['a', '0', '.', '/', ':', '%41', 'a.', '"', '~0', '{', '=', 'P1', '1:', '@'].map(
    (piece) => `${piece.repeat(100_000)}\u0000`,
  )
  const lenient = new Set(['json-pointer', 'regex'])
  for (const format of Object.keys(cases).filter((name) => !lenient.has(name))) {
    for (const subject of subjects) assert.equal(textFormat(format)?.(subject), false, format)
  }
})

test('each format that is checked here has words of its own', () => {
  for (const name of Object.keys(cases)) assert.notEqual(formatWords(name), `a valid ${name}`)
})
