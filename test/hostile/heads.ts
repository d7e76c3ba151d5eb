// Hostile heads: sizes, counts, encodings, lists, and bytes that come one by one.
import { type HostileInput, inReads } from './input.ts'

const crlf = '\r\n'

/** A request of one line and fields, latin1. */
function get(
  name: string,
  target: string,
  fields: readonly string[],
  statuses: readonly number[],
): HostileInput {
  const head = [`GET ${target} HTTP/1.1`, 'Host: a', ...fields, '', ''].join(crlf)
  return { name, statuses, pieces: inReads(Buffer.from(head, 'latin1')) }
}

const many = (count: number, make: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => make(i))

const list = (count: number, make: (i: number) => string, glue: string): string =>
  many(count, make).join(glue)

const oneByOne = (text: string): Buffer[] => Array.from(text, (one) => Buffer.from(one, 'latin1'))

const fine = '/things/a'

export const heads = (): HostileInput[] => [
  ...sizes(),
  ...slices(),
  ...targets(),
  ...queries(),
  ...fields(),
  ...names(),
]

const sizes = (): HostileInput[] => [
  get(
    '10,000 fields',
    fine,
    many(10_000, () => 'A: b'),
    [431],
  ),
  get(
    '100 fields of 150 bytes',
    fine,
    many(90, (i) => `X-${i}: ${'v'.repeat(150)}`),
    [200],
  ),
  get('one field of 15 kB', fine, [`X: ${'v'.repeat(15_000)}`], [200]),
  get('one field of 1 MB', fine, [`X: ${'v'.repeat(1_000_000)}`], [431]),
  get('a name of 15 kB', fine, [`${'n'.repeat(15_000)}: v`], [200]),
  get('a target of 100 kB', `/${'x'.repeat(100_000)}`, [], [414, 431]),
  raw('a method of 100 kB', `${'M'.repeat(100_000)} / HTTP/1.1${crlf}${crlf}`, [400, 414, 431]),
  raw('1 MB without a line', 'x'.repeat(1_000_000), [400, 414, 431]),
  raw('1 MB of CRLF', crlf.repeat(500_000), [400, 0]),
  raw('64 kB of NUL', '\0'.repeat(65_536), [400, 431]),
  raw('all bytes', String.fromCharCode(...many(256, String).map(Number)).repeat(200), [400, 414]),
  raw(
    '10,000 pipelined requests',
    `GET /no HTTP/1.1${crlf}Host: a${crlf}${crlf}`.repeat(10_000),
    [404],
  ),
  raw(
    '3,000 pipelined good ones',
    `GET ${fine} HTTP/1.1${crlf}Host: a${crlf}${crlf}`.repeat(3_000),
    [200],
  ),
]

const slices = (): HostileInput[] => {
  const filler = `X: ${'v'.repeat(15_000)}${crlf}`
  const head = `GET ${fine} HTTP/1.1${crlf}Host: a${crlf}${filler}${crlf}`
  return [
    { name: 'a head of 15 kB, byte by byte', statuses: [200], pieces: oneByOne(head) },
    {
      name: 'a head of 20 kB, byte by byte',
      statuses: [431],
      pieces: oneByOne(`GET ${fine} HTTP/1.1${crlf}X: ${'v'.repeat(20_000)}`),
    },
    {
      name: 'short lines of 15 kB, byte by byte',
      statuses: [200, 431],
      pieces: oneByOne(
        `GET ${fine} HTTP/1.1${crlf}Host: a${crlf}${'A:b\r\n'.repeat(95)}${filler}${crlf}`,
      ),
    },
  ]
}

const targets = (): HostileInput[] => [
  get('4,000 segments', '/a'.repeat(4_000), [], [404]),
  get('4,000 empty segments', '/'.repeat(8_000), [], [400, 404]),
  get('backtracking in the route table', '/a/b/c/d/e/f/g'.repeat(500), [], [404]),
  get('a nearly matching path', `/a/${'b'.repeat(8_000)}`, [], [404]),
  get('4,000 dots', `/things/${'.'.repeat(4_000)}`, [], [400, 404]),
  get('dot segments', `${'/..'.repeat(2_600)}/things/a`, [], [400, 404]),
  get('2,600 escapes in a path', `/things/${'%61'.repeat(2_600)}`, [], [200, 400]),
  get('2,600 broken escapes', `/things/${'%zz'.repeat(2_600)}`, [], [400]),
  get('2,600 escapes of bytes that are no UTF-8', `/things/${'%ff'.repeat(2_600)}`, [], [400]),
  get('escaped twice', `/things/${'%2561'.repeat(1_500)}`, [], [400]),
  get('a catastrophic path parameter', `/things/${'a'.repeat(8_000)}!`, [], [400]),
  get('semicolons', `/things/${';a=b'.repeat(2_000)}`, [], [400]),
  get('__proto__ in the path', '/things/__proto__', [], [400]),
  get('constructor in the path', '/constructor/prototype', [], [404]),
]

const queries = (): HostileInput[] => [
  get('4,000 parameters', `${fine}?${list(4_000, () => 'a', '&')}`, [], [400]),
  get('4,000 empty parameters', `${fine}?${'&'.repeat(8_000)}`, [], [200, 400]),
  get('900 times one array', `${fine}?${list(900, (i) => `tags=${i}`, '&')}`, [], [200]),
  get('900 equal items', `${fine}?${list(900, () => 'tags=x', '&')}`, [], [400]),
  get('deep brackets', `${fine}?filter${'[a]'.repeat(2_600)}=1`, [], [400]),
  get('600 bracketed', `${fine}?${list(600, (i) => `filter[${i}]=`, '&')}`, [], [200, 400]),
  get('brackets of a recursive schema', `${fine}?deep${'[next]'.repeat(1_300)}=1`, [], [400]),
  get('open brackets', `${fine}?filter${'['.repeat(8_000)}=1`, [], [400]),
  get(
    'brackets of prototypes',
    `${fine}?filter[__proto__][a]=1&filter[constructor]=2`,
    [],
    [200, 400],
  ),
  get('__proto__ as a parameter', `${fine}?__proto__=1&constructor=2`, [], [400]),
  get('8,000 plus signs', `${fine}?q=${'+'.repeat(8_000)}`, [], [200, 400]),
  get('2,600 escaped delimiters', `${fine}?spaced=${'%20'.repeat(2_600)}`, [], [200, 400]),
  get('a catastrophic query', `${fine}?q=${'x'.repeat(8_000)}`, [], [400]),
  get('escapes of no UTF-8', `${fine}?q=${'%c3%28'.repeat(1_300)}`, [], [400]),
  get('8,000 equal signs', `${fine}?q=${'='.repeat(8_000)}`, [], [200, 400]),
]

const fields = (): HostileInput[] => [
  get(
    'Accept of 15 kB of ranges',
    fine,
    [`Accept: ${list(1_200, (i) => `a/b${i};q=0.1`, ',')}`],
    [200, 406],
  ),
  get(
    'Accept against a declared type',
    '/things/a.json',
    [`Accept: ${list(1_200, (i) => `a/b${i};q=0.1`, ',')}`],
    [200, 406],
  ),
  get('Accept of commas', '/things/a.json', [`Accept: ${','.repeat(15_000)}`], [200, 406]),
  get(
    'Accept of open quotes',
    '/things/a.json',
    [`Accept: a/b;c="${'\\"'.repeat(7_000)}`],
    [200, 400, 406],
  ),
  get('Accept of semicolons', '/things/a.json', [`Accept: */*${';'.repeat(15_000)}`], [200, 406]),
  get('Accept of blanks', '/things/a.json', [`Accept: a/b${' \t'.repeat(7_000)}x`], [200, 406]),
  get('Content-Type of parameters', fine, [`Content-Type: a/b${';a=b'.repeat(3_700)}`], [200]),
  type('Content-Type bomb', `application/json${';a=b'.repeat(3_700)}`, [200, 415]),
  type('Content-Type of open quotes', `application/json;a="${'\\"'.repeat(7_000)}`, [200, 415]),
  type('Content-Type of blanks', `application/json${' '.repeat(15_000)};x`, [200, 415]),
  get(
    'Forwarded of 1,000 hops',
    fine,
    [`Forwarded: ${list(1_000, () => 'for=10.0.0.1', ', ')}`],
    [200],
  ),
  get('Forwarded of quotes', fine, [`Forwarded: ${list(800, () => 'for="\\"\\";"', ', ')}`], [200]),
  get('Forwarded that never ends', fine, [`Forwarded: for="${'a\\'.repeat(7_000)}`], [200]),
  get(
    'X-Forwarded-For of 1,500 hops',
    fine,
    [`X-Forwarded-For: ${list(1_500, () => '10.0.0.1', ',')}`],
    [200],
  ),
  get(
    'X-Forwarded-For of IPv6',
    fine,
    [`X-Forwarded-For: ${list(400, (i) => `2001:db8::${i.toString(16)}:1`, ',')}`],
    [200],
  ),
  get('X-Forwarded-For of colons', fine, [`X-Forwarded-For: ${':'.repeat(15_000)}`], [200]),
  get(
    '90 X-Forwarded-For',
    fine,
    many(90, () => `X-Forwarded-For: ${'10.0.0.1,'.repeat(16)}`),
    [200],
  ),
  get(
    '90 Via',
    fine,
    many(90, () => `Via: ${'1.1 a,'.repeat(20)}`),
    [200],
  ),
  get('Via of 2,500', fine, [`Via: ${list(2_500, () => '1.1 a', ',')}`], [200]),
  get(
    'Connection of 2,000 names',
    fine,
    [`Connection: ${list(2_000, (i) => `x${i}`, ',')}`],
    [200, 400],
  ),
  get('Connection of commas', fine, [`Connection: ${','.repeat(15_000)}`], [200, 400]),
  get('cookies, 5,000 pairs', fine, [`Cookie: ${list(3_500, () => 'a=b', ';')}`], [200, 400]),
  get('cookies of semicolons', fine, [`Cookie: ${';'.repeat(15_000)}`], [200, 400]),
  get('one cookie 900 times', fine, [`Cookie: ${list(900, () => 'session=x', '; ')}`], [400]),
  get('an array of 7,000 in a field', fine, [`X-List: ${list(7_000, () => '1', ',')}`], [200, 400]),
  get('an array of commas in a field', fine, [`X-List: ${','.repeat(15_000)}`], [400]),
  get('TE of 15 kB', fine, [`TE: ${list(3_000, () => 'a', ' , ')}`], [200]),
  get('Expect of 15 kB', fine, [`Expect: ${'1'.repeat(15_000)}`], [417]),
  get('Host of 15 kB', fine, [`Host: ${'a'.repeat(15_000)}`], [400]),
  get('a length of 15 kB', fine, [`Content-Length: ${'1'.repeat(15_000)}`], [400]),
  get('15 kB of blanks in a field', fine, [`X: ${' \t'.repeat(7_500)}`], [200]),
]

const names = (): HostileInput[] => [
  get('__proto__ as a field', fine, ['__proto__: a', 'constructor: b', 'toString: c'], [200]),
  get('__proto__ as a cookie', fine, ['Cookie: __proto__=a; constructor=b'], [200]),
  get('invalid UTF-8 in fields', fine, [`X: ${'\xff\xc0\xaf'.repeat(4_000)}`], [200]),
  get('invalid UTF-8 in a parameter', fine, [`X-List: ${'\xff'.repeat(9_000)}`], [400]),
  get('invalid UTF-8 in the target', `/things/\xff`, [], [400]),
]

function raw(name: string, text: string, statuses: readonly number[]): HostileInput {
  return { name, statuses, pieces: inReads(Buffer.from(text, 'latin1')) }
}

/** A small body under a hostile type. */
function type(name: string, contentType: string, statuses: readonly number[]): HostileInput {
  const head = [
    `POST /any HTTP/1.1`,
    'Host: a',
    `Content-Type: ${contentType}`,
    'Content-Length: 2',
  ]
  return raw(name, `${head.join(crlf)}${crlf}${crlf}{}`, statuses)
}
