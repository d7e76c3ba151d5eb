// Hostile bodies: JSON, forms and chunks, up to the bounds and beyond.
import { type HostileInput, inReads, post } from './input.ts'

const maxBytes = 1024 * 1024
const formType = 'application/x-www-form-urlencoded'

/** As many as fit into a checked body. */
const fill = (open: string, unit: string, close: string, bytes = maxBytes): string => {
  const count = Math.floor((bytes - open.length - close.length) / unit.length)
  return open + unit.repeat(count) + close
}

const items = (count: number, make: (i: number) => string): string =>
  `[${Array.from({ length: count }, (_, i) => make(i)).join(',')}]`

const object = (count: number, key: (i: number) => string): string =>
  `{${Array.from({ length: count }, (_, i) => `"${key(i)}":0`).join(',')}}`

const keysOfOneHash = (): string => {
  const keys = collidingIntegers(32_000)
  return object(keys.length, (i) => String(keys[i]))
}

const nested = (depth: number, unit: string, close: string): string =>
  `${unit.repeat(depth)}null${close.repeat(depth)}`

export const bodies = (): HostileInput[] => [
  ...texts(),
  ...encodings(),
  ...checks(),
  ...forms(),
  ...chunks(),
]

const texts = (): HostileInput[] => [
  post('JSON 100,000 deep', '/any', '['.repeat(100_000), [400]),
  post('JSON 1,000,000 deep', '/any', '{"a":'.repeat(200_000), [400]),
  post('JSON at the bound of depth', '/any', `${'['.repeat(63)}${']'.repeat(63)}`, [200]),
  post('1 MiB of tiny values', '/any', fill('[0', ',0', ']'), [400]),
  post('99,000 tiny values', '/any', fill('[0', ',0', ']', 198_000), [200]),
  post('99,000 empty objects', '/any', fill('[{}', ',{}', ']', 140_000), [200]),
  post('1 MiB of one duplicate key', '/any', fill('{"a":0', ',"a":0', '}'), [400]),
  post(
    '90,000 keys',
    '/any',
    object(90_000, (i) => `k${i}`),
    [400],
  ),
  post(
    '39,000 keys, the last twice',
    '/any',
    object(39_000, (i) => `k${i % 38_999}`),
    [400],
  ),
  post(
    '39,000 keys twice',
    '/any',
    `[${object(39_000, (i) => `k${i}`)},${object(39_000, (i) => `l${i}`)}]`,
    [200],
  ),
  post(
    '39,000 keys that are numbers',
    '/any',
    object(39_000, (i) => String(i * 7_919)),
    [200],
  ),
  post(
    '39,000 keys in odd order',
    '/any',
    object(39_000, (i) => String((i * 2_654_435_761) % 4_294_967_291)),
    [200],
  ),
  post('32,000 keys of one hash', '/any', `[${keysOfOneHash()},${keysOfOneHash()}]`, [200]),
  post(
    '49,000 objects, each of another key',
    '/any',
    items(49_000, (i) => `{"k${i}":0}`),
    [200],
  ),
  post(
    '4,500 objects of ten keys that no other has',
    '/any',
    items(4_500, (i) => object(10, (j) => `k${i}_${j}`)),
    [200],
  ),
  post(
    'objects whose keys come in ever another order',
    '/any',
    items(4_500, (i) => object(10, (j) => `k${(j * 7 + i) % 10}${j}`)),
    [200],
  ),
  post(
    'lists of objects, 60 deep',
    '/any',
    items(700, () => `${'[{"a":'.repeat(31)}0${'}]'.repeat(31)}`),
    [200],
  ),
  post(
    'duplicate keys in 10,000 objects',
    '/any',
    items(10_000, () => '{"a":1,"b":2,"a":3}'),
    [400],
  ),
  post('one number of 1 MiB', '/any', fill('1', '0', ''), [400]),
  post('one fraction of 1 MiB', '/any', fill('0.', '1', ''), [200, 400]),
  post(
    'numbers of 1,000 digits',
    '/any',
    items(1_000, () => '9'.repeat(1_000)),
    [400],
  ),
  post(
    'numbers of huge exponents',
    '/any',
    items(90_000, () => '1e308'),
    [200],
  ),
  post('a number too large', '/any', '[1e999]', [400]),
  post('a string of 1 MiB', '/any', fill('"', 'a', '"'), [200]),
  post('escapes of 1 MiB', '/any', fill('"', '\\u0061', '"'), [200]),
  post('backslashes of 1 MiB', '/any', fill('"', '\\\\', '"'), [200]),
  post('an open string of 1 MiB', '/any', fill('"', 'a', ''), [400]),
  post('1 MiB of blanks', '/any', fill('', ' ', '1'), [200]),
  post('1 MiB of nothing', '/any', fill('', ' ', ''), [400]),
  post('1 MiB of garbage', '/any', fill('', 'x', ''), [400]),
  post('an error at the end of 1 MiB', '/any', fill('["', 'a', '",]'), [400]),
  post('more than the bound', '/any', fill('"', 'a', '"', maxBytes + 2), [413]),
  post('__proto__ as a key', '/Node', '{"__proto__":{"a":1}}', [400]),
  post(
    '__proto__ where anything goes',
    '/any',
    '{"__proto__":{"a":1},"constructor":{"prototype":1}}',
    [200],
  ),
]

const encodings = (): HostileInput[] => [
  post('1 MiB of bytes that are no UTF-8', '/any', Buffer.alloc(maxBytes, 0xff), [400]),
  post('overlong UTF-8', '/any', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), [400]),
  post('surrogates in UTF-8', '/any', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), [400]),
  post('a lone surrogate by escape', '/any', '"\\ud800"', [400]),
  post('lone surrogates by escape, 1 MiB', '/any', fill('"', '\\ud800', '"'), [400]),
  post('pairs of surrogates by escape, 1 MiB', '/any', fill('"', '\\ud83d\\ude00', '"'), [200]),
  post(
    'keys of lone surrogates',
    '/any',
    object(20_000, (i) => `\\udc00${i}`),
    [400],
  ),
  post('UTF-16', '/any', Buffer.from('{"a":1}', 'utf16le'), [400]),
  post('a byte order mark', '/any', '\ufeff{}', [400]),
  post('emoji of 1 MiB', '/any', Buffer.from(`"${'😀'.repeat(262_000)}"`), [200]),
  post('a media type in another charset', '/any', '{}', [415], 'application/json; charset=utf-16'),
]

const checks = (): HostileInput[] => [
  post('a fork 30 deep', '/Fork', nested(30, '{"next":', '}'), [400]),
  post('a fork 60 deep', '/Fork', nested(60, '{"a":1,"next":', '}'), [200, 400]),
  post('a fork 60 deep with both', '/Fork', nested(60, '{"a":1,"b":1,"next":', '}'), [400]),
  post('any of three, 60 deep', '/AnyFork', nested(60, '{"next":', '}'), [400]),
  post('unevaluated, 60 deep', '/Open', nested(60, '{"next":', '}'), [200, 400]),
  post(
    'unevaluated with a stray, 60 deep',
    '/Open',
    `${'{"next":'.repeat(60)}{"z":1}${'}'.repeat(60)}`,
    [400],
  ),
  post('not not, 60 deep', '/Not', nested(60, '{"next":', '}'), [200]),
  post('a list 60 deep', '/Node', nested(60, '{"next":', '}'), [400]),
  post(
    '30 alternatives, 20,000 items',
    '/Pets',
    items(20_000, () => '{"kind":"k29"}'),
    [400],
  ),
  post(
    '30 alternatives, items of 10 kB',
    '/Pets',
    items(100, () => `{"kind":"k29","name":"${'a'.repeat(10_000)}"}`),
    [400],
  ),
  post(
    '620,000 errors',
    '/Strict',
    items(90_000, () => '"a"'),
    [400],
  ),
  post(
    'errors in long strings',
    '/Strict',
    items(100, () => `"${'x'.repeat(10_000)}"`),
    [400],
  ),
  post(
    'errors of the wrong type',
    '/Strict',
    items(90_000, () => '0'),
    [400],
  ),
  post(
    '20,000 names against patterns',
    '/Named',
    `{${items(20_000, (i) => `"${'a'.repeat(30)}${i}":"x"`).slice(1, -1)}}`,
    [400],
  ),
  post('a catastrophic name', '/Named', `{"${'a'.repeat(500_000)}!":1}`, [400]),
  post('a catastrophic name of k', '/Named', `{"${'k'.repeat(500_000)}!":1}`, [400]),
  post(
    'multiples of hard numbers',
    '/Numbers',
    items(40_000, (i) => `${i}.${i}e-5`),
    [400],
  ),
  post(
    'multiples of huge numbers',
    '/Numbers',
    items(40_000, () => '1.7e308'),
    [400],
  ),
  post(
    'multiples of tiny numbers',
    '/Numbers',
    items(40_000, () => '5e-324'),
    [400],
  ),
  ...['a', 'x', ' ', 'ab ', 'a,', '<'].flatMap((unit) => {
    const long = `"${unit.repeat(900_000 / unit.length)}"`
    const some = items(90, () => `"${unit.repeat(10_000 / unit.length)}"`)
    return [
      post(`all patterns against ${unit}`, '/AllPatterns', long, [200, 400]),
      post(`any pattern against ${unit}`, '/AnyPattern', long, [200, 400]),
      post(`patterns of items against ${unit}`, '/ItemPatterns', some, [200, 400]),
    ]
  }),
  post(
    'objects against an enum',
    '/Enum',
    items(30_000, (i) => `{"a":[${i}]}`),
    [400],
  ),
  post('a deep value against an enum', '/Enum', `[${'['.repeat(60)}${']'.repeat(60)}]`, [400]),
  post(
    'contains nothing',
    '/Contains',
    items(30_000, () => '{}'),
    [400],
  ),
  ...unique(),
]

const unique = (): HostileInput[] => [
  post('unique numbers, 99,000', '/unique', items(99_000, String), [200]),
  post(
    'unique strings of one length',
    '/unique',
    items(60_000, (i) => `"${String(i).padStart(8, '0')}"`),
    [200],
  ),
  post(
    'unique objects, 30,000',
    '/unique',
    items(30_000, (i) => `{"a":${i}}`),
    [200],
  ),
  post(
    'unique objects that differ last',
    '/unique',
    items(3_000, (i) => `{"a":"${'x'.repeat(300)}","b":${i}}`),
    [200],
  ),
  post(
    'unique arrays, nested',
    '/unique',
    items(9_000, (i) => `[[[[[[[[${i}]]]]]]]]`),
    [200],
  ),
  post(
    'unique permutations',
    '/unique',
    items(10_000, (i) => `[${i % 100},${Math.floor(i / 100)}]`),
    [200],
  ),
  post(
    'unique key orders',
    '/unique',
    items(20_000, (i) => (i % 2 === 0 ? `{"a":${i},"b":1}` : `{"b":1,"a":${i}}`)),
    [200],
  ),
  post(
    'unique powers of two',
    '/unique',
    items(50_000, (i) => String(2 ** 31 + i * 65_536)),
    [200],
  ),
  post(
    'unique tiny numbers',
    '/unique',
    items(40_000, (i) => `${i}e-300`),
    [200],
  ),
  post('unique numbers of one hash', '/unique', `[${collidingIntegers(32_000).join(',')}]`, [200]),
  post(
    'unique numbers of one hash, and others',
    '/unique',
    `[${collidingIntegers(32_000).join(',')},"a"]`,
    [200],
  ),
  post('unique zeros', '/unique', '[0,-0]', [400]),
  post(
    'unique with the last equal',
    '/unique',
    items(60_000, (i) => String(i === 59_999 ? 0 : i)),
    [400],
  ),
]

/** Integers whose hash, as V8 has it for numbers, ends in fifteen zero bits. */
function collidingIntegers(count: number): number[] {
  const found: number[] = []
  for (let one = 0; found.length < count; one++) if ((v8Hash(one) & 0x7fff) === 0) found.push(one)
  return found
}

function v8Hash(one: number): number {
  let hash = ~one + (one << 15)
  hash ^= hash >>> 12
  hash += hash << 2
  hash ^= hash >>> 4
  hash = Math.imul(hash, 2057)
  return hash ^ (hash >>> 16)
}

const forms = (): HostileInput[] => [
  form('100,000 pairs', fill('a=b', '&a=b', '', 400_000), [400]),
  form('900 pairs of one array', fill('tags=1', '&tags=1', '', 6_000), [200]),
  form('1 MiB of ampersands', fill('', '&', ''), [200, 400]),
  form('1 MiB of escapes', fill('name=', '%61', ''), [200]),
  form('1 MiB of broken escapes', fill('name=', '%zz', ''), [400]),
  form('1 MiB of plus signs', fill('name=', '+', ''), [200]),
  form('brackets 100,000 deep', `nested${'[a]'.repeat(100_000)}=1`, [200, 400]),
  form('900 stray fields', Array.from({ length: 900 }, (_, i) => `s${i}=1`).join('&'), [200, 400]),
  form(
    'brackets of a recursive schema, 100,000 deep',
    `deep${'[next]'.repeat(100_000)}=1`,
    [200, 400],
  ),
  form('brackets of a recursive schema, 60 deep', `deep${'[next]'.repeat(60)}=1`, [200, 400]),
  form('__proto__', '__proto__=1&constructor=2&nested[__proto__]=3', [200, 400]),
  form('JSON within, deep', `nested=${'['.repeat(500_000)}`, [400]),
  form('no UTF-8', Buffer.concat([Buffer.from('name='), Buffer.alloc(1_000_000, 0xff)]), [400]),
]

function form(name: string, body: string | Buffer, statuses: readonly number[]): HostileInput {
  return post(`form: ${name}`, '/form', body, statuses, formType)
}

const chunks = (): HostileInput[] => [
  chunked('1 MiB in chunks of one byte', '1\r\na\r\n'.repeat(maxBytes), [200]),
  chunked(
    'held JSON in chunks of one byte',
    `1\r\n"\r\n${'1\r\na\r\n'.repeat(200_000)}1\r\n"\r\n`,
    [200],
    '/any',
  ),
  chunked(
    'held JSON too large, in chunks of one byte',
    '1\r\na\r\n'.repeat(maxBytes + 1),
    [413],
    '/any',
  ),
  chunked('extensions on every chunk', '1;a=b\r\nx\r\n'.repeat(20_000), [400]),
  chunked('one extension of 64 kB', `1;${'a'.repeat(65_536)}\r\nx\r\n`, [400]),
  chunked('an extension of 250 bytes', `1;a="${'\\"'.repeat(110)}"\r\nx\r\n`, [200, 400]),
  chunked('extensions that nearly match', `1${';a=b'.repeat(60)};=\r\nx\r\n`, [400]),
  chunked('leading zeros', '000000000001\r\nx\r\n'.repeat(10_000), [200]),
  chunked('a size line without end', '1'.repeat(1_000_000), [400]),
  trailers('10,000 trailers', 'A: b\r\n'.repeat(10_000), [431]),
  trailers('a trailer of 1 MB', `A: ${'b'.repeat(1_000_000)}\r\n`, [431]),
  trailers('trailers of 4 kB', 'A: b\r\n'.repeat(60), [200]),
  {
    name: 'a chunked body, byte by byte',
    statuses: [200],
    pieces: Array.from(
      `${chunkedHead('/stream', 'application/octet-stream')}${'1;a=b\r\nx\r\n'.repeat(700)}0\r\n\r\n`,
      (one) => Buffer.from(one),
    ),
  },
]

const chunkedHead = (path: string, type: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`

function chunked(
  name: string,
  coded: string,
  statuses: readonly number[],
  path = '/stream',
): HostileInput {
  const type = path === '/any' ? 'application/json' : 'application/octet-stream'
  const text = `${chunkedHead(path, type)}${coded}0\r\n\r\n`
  return { name, statuses, pieces: inReads(Buffer.from(text)) }
}

function trailers(name: string, lines: string, statuses: readonly number[]): HostileInput {
  const text = `${chunkedHead('/stream', 'application/octet-stream')}1\r\nx\r\n0\r\n${lines}\r\n`
  return { name, statuses, pieces: inReads(Buffer.from(text)) }
}
