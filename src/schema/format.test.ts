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
  'date-time-local': {
    yes: ['2026-11-20T10:23:56', '2026-11-20t10:23:56.5', '2026-11-20T23:59:60'],
    no: ['2026-11-20T10:23:56Z', '2026-11-20', '10:23:56', '2026-11-20T10:23:56.', ''],
  },
  'time-local': {
    yes: ['10:23:56', '00:00:00.000'],
    no: ['10:23:56Z', '10:23', '24:00:00', '1:00:00', '10:23:56+01:00'],
  },
  'http-date': {
    yes: ['Sun, 06 Nov 1994 08:49:37 GMT', 'Thu, 29 Feb 2024 23:59:60 GMT'],
    no: [
      'Mon, 06 Nov 1994 08:49:37 GMT',
      'Sun, 6 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Wed, 29 Feb 2023 00:00:00 GMT',
      'Sun, 06 Nov 1994 24:00:00 GMT',
      'Sun, 06 Foo 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:37 UTC',
    ],
  },
  'idn-email': {
    yes: ['joe@example.com', '실례@실례.테스트', 'ü@bücher.example', '"joe bloggs"@example.com'],
    no: ['실례', '@실례.테스트', 'a@b c', 'a..b@c', 'a@\u0000'],
  },
  'idn-hostname': {
    yes: ['example.com', '실례.테스트', 'bücher.example', 'xn--bcher-kva.example', 'straße。de'],
    no: [
      '-bücher',
      'bücher-',
      'büc her',
      'a_ü',
      'ü..de',
      'ü/de',
      'ü:80',
      'ü%41',
      'ü@de',
      '\u0301a',
      'ü'.repeat(64),
      '',
    ],
  },
  'media-range': {
    yes: ['*/*', 'text/*', 'text/html', 'text/html;level=1', 'a/b ; c="d;\\"e" ;f=g'],
    no: ['text', 'text/', '/a', '*/a b', 'text/html;', 'text/html;a', 'text/html;a="b', 'a/b, c/d'],
  },
  char: { yes: ['a', '😀', '\n'], no: ['', 'ab', 'é\u0301'] },
  int64: {
    yes: ['0', '-1', '9223372036854775807', '-9223372036854775808'],
    no: ['9223372036854775808', '-9223372036854775809', '01', '+1', '1.0', '', 'x', ' 1', '-'],
  },
  uint64: {
    yes: ['0', '18446744073709551615'],
    no: ['-1', '18446744073709551616', '1e3', '9'.repeat(100)],
  },
  decimal: { yes: ['0', '-1.50', '123456789.123456789'], no: ['', '.5', '1.', '01', '1e3', '+1'] },
  decimal128: {
    yes: ['1', '-1.5e-10', `0.${'0'.repeat(9)}${'9'.repeat(34)}`, '0e0'],
    no: ['9'.repeat(35), '1e', 'NaN', '1e100000', '.1'],
  },
  'sf-integer': { yes: ['1', '-999999999999999'], no: ['1000000000000000', '+1', '1.0', ''] },
  'sf-decimal': { yes: ['1.5', '-123456789012.123'], no: ['1', '1.', '1.2345', '1234567890123.0'] },
  'sf-string': { yes: ['""', '"a \\"b\\\\"'], no: ['a', '"', '"a\\b"', '"é"', '"a"b"'] },
  'sf-token': { yes: ['a', '*a/b:c'], no: ['', '1a', 'a b', 'a"'] },
  'sf-binary': { yes: ['::', ':YQ==:'], no: ['YQ==', ':YQ:', ':a', ':-_==:'] },
  'sf-boolean': { yes: ['?0', '?1'], no: ['?2', '1', 'true', '?'] },
}

for (const [format, { yes, no }] of Object.entries(cases)) {
  suite(format, () => {
    const isValid = textFormat(format)
    assert.ok(isValid !== undefined && isKnownFormat(format))
    for (const text of yes)
      test(`takes ${JSON.stringify(text)}`, () => assert.equal(isValid(text), true))
    for (const text of no)
      test(`refuses ${JSON.stringify(text)}`, () => assert.equal(isValid(text), false))
  })
}

const numbers: [string, number[], number[]][] = [
  ['int32', [0, -(2 ** 31), 2 ** 31 - 1], [2 ** 31, 0.5, -(2 ** 31) - 1]],
  ['int64', [0, 2 ** 53, -(2 ** 63)], [2 ** 64, 0.5]],
  ['uint8', [0, 255], [-1, 256]],
  ['float', [0.5, 3e38], [4e38]],
  ['double', [1e308], []],
  ['uint64', [0, 2 ** 63], [-1, 2 ** 65, 0.5]],
  ['double-int', [2 ** 53 - 1, -(2 ** 53) + 1], [2 ** 53, 0.5]],
  ['unixtime', [0, 1_763_632_800, 1.5], [Number.NaN]],
  ['sf-integer', [999_999_999_999_999, -1], [1_000_000_000_000_000, 0.5]],
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
