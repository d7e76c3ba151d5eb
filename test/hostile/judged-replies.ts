// Hostile replies where they are judged: held whole up to a bound, watched as they stream, and looked
// through for addresses that stay inside.
import { bodies } from './bodies.ts'
import { type HostileInput, inReads } from './input.ts'
import { streamed } from './streamed.ts'

const crlf = '\r\n'
const MB = 1024 * 1024

export const judgedReplies = (): HostileInput[] => [
  ...reversed(),
  ...held(),
  ...references(),
  ...links(),
  ...cookies(),
]

/** What clients send is what services send, where the same schema holds replies. */
function reversed(): HostileInput[] {
  const paths = ['/any', '/unique', '/Strict', '/Fork', '/Enum', '/lines', '/sequence']
  return [...bodies(), ...streamed()].flatMap((input) => {
    const bytes = Buffer.concat(input.pieces)
    const bodyAt = bytes.indexOf('\r\n\r\n') + 4
    const head = bytes.toString('latin1', 0, bodyAt)
    const path = head.split(' ', 2)[1]!
    if (!paths.includes(path) || !head.includes('Content-Length:')) return []
    const type = /^Content-Type: (.*)$/im.exec(head)![1]!.trim()
    // What streams may have begun before it is cut, or been about to.
    const isWatched = path === '/lines' || path === '/sequence'
    const statuses = input.statuses.map((one) => (one === 200 ? 200 : 502))
    const body = bytes.subarray(bodyAt)
    return sent(input.name, path, type, body, isWatched ? [...statuses, 200, 0] : statuses)
  })
}

const json = 'application/json'

const held = (): HostileInput[] => [
  answer(
    'a length of 1 TB and no more of it',
    [`Content-Type: ${json}`, 'Content-Length: 999999999999'],
    '',
    [502],
  ),
  answer(
    'a length beyond numbers',
    [`Content-Type: ${json}`, `Content-Length: ${'9'.repeat(400)}`],
    '',
    [502],
  ),
  answer(
    'held JSON in chunks of one byte',
    [`Content-Type: ${json}`, 'Transfer-Encoding: chunked'],
    `1\r\n"\r\n${'1\r\na\r\n'.repeat(200_000)}1\r\n"\r\n0\r\n\r\n`,
    [200],
  ),
  answer(
    'held JSON without end, in chunks',
    [`Content-Type: ${json}`, 'Transfer-Encoding: chunked'],
    `10000\r\n${' '.repeat(65_536)}\r\n`.repeat(64),
    [502],
  ),
  answer(
    'held JSON without end',
    [`Content-Type: ${json}`, 'Connection: close'],
    ' '.repeat(8 * MB),
    [502],
  ),
  answer(
    'a coding that nobody asked for',
    [`Content-Type: ${json}`, 'Content-Encoding: gzip', `Content-Length: ${MB}`],
    'x'.repeat(MB),
    [502],
  ),
  answer(
    'a type of 60 kB',
    [`Content-Type: ${json}${';a=b'.repeat(15_000)}`, 'Content-Length: 2'],
    '{}',
    [200, 502],
  ),
  answer(
    'a type with 60 kB of blanks',
    [`Content-Type: ${json}${of(' ')};x`, 'Content-Length: 2'],
    '{}',
    [200, 502],
  ),
  answer(
    'a coding with 60 kB of blanks',
    [`Content-Type: ${json}`, `Content-Encoding: a${of(' ')}a`, 'Content-Length: 2'],
    '{}',
    [502],
  ),
  answer(
    '190 types',
    [...Array(190).fill(`Content-Type: ${json}`), 'Content-Length: 2'],
    '{}',
    [502],
  ),
  answer(
    'a list of 30,000 in a field',
    [`Content-Type: ${json}`, `X-List: ${'1,'.repeat(30_000)}1`, 'Content-Length: 2'],
    '{}',
    [200, 502],
  ),
  answer('a status that is not declared', [`Content-Type: ${json}`], 'x'.repeat(MB), [502], 299),
]

const inside = 'http://127.0.0.1:7000'
const long = 60_000
const of = (unit: string): string => unit.repeat(Math.floor(long / unit.length))

const references = (): HostileInput[] =>
  Object.entries({
    'an inner path': `${inside}/${of('a')}`,
    slashes: of('/'),
    backslashes: of('\\'),
    'slashes and backslashes': of('/\\'),
    'dots of a host': `http://${of('a.')}`,
    'numbers of a host': `http://${of('1.')}`,
    'colons of a port': `http://a${of(':')}`,
    'digits of a port': `http://a:${of('1')}x`,
    users: `http://${of('@')}`,
    'an address without end': `http://[${of(':')}`,
    hexadecimals: `http://${of('0x')}`,
    escapes: `http://${of('%61')}`,
    letters: of('a'),
    schemes: of('http:'),
    hyphens: `http://${of('-')}`,
    blanks: `http:${of(' ')}//a`,
  }).flatMap(([name, value]) => [
    field(name, 'Location', value),
    field(name, 'Refresh', `1;url='${value}`),
    field(name, 'Refresh', `${value};url=${value.slice(0, 10)}`),
  ])

const links = (): HostileInput[] =>
  Object.entries({
    '2,000 inner ones': of(`<${inside}/a>;rel=a, `),
    '12,000 relative ones': of('<a>, '),
    'open brackets': of('<'),
    'closed brackets': of('>'),
    quotes: `<a>;a=${of('"')}`,
    'an open quote': `<a>;a=${of('"a"')}"`,
    'backslashes in a quote': `<a>;a="${of('\\')}`,
    'escaped quotes': `<a>;a="${of('\\"')}`,
    semicolons: `<a>${of(';')}`,
    'blanks before it': `a${of(' ')}<a>`,
    'blanks behind it': `<a>${of(' ')};`,
    anchors: `<a>${of(';anchor=a')}`,
    'anchors without value': `<a>${of(';anchor')}`,
    'blanks of an anchor': `<a>;anchor${of(' ')}=${of(' ')}x`,
    'an open anchor': `<a>;anchor="${of('a')}`,
    commas: of(','),
  }).map(([name, value]) => field(name, 'Link', value))

const cookies = (): HostileInput[] => [
  ...Object.entries({
    domains: `a=b${of(';Domain=127.0.0.1')}`,
    'a domain of 60 kB': `a=b;Domain=${of('a.')}`,
    'dots of a domain': `a=b;Domain=${of('.')}`,
    paths: `a=b${of(';Path=//a')}`,
    'slashes of a path': `a=b;Path=${of('/')}`,
    semicolons: of(';'),
    'equal signs': of('='),
    blanks: `a=b;${of(' ')}Domain=a`,
  }).map(([name, value]) => field(name, 'Set-Cookie', value)),
  answer(
    '190 cookies of 300 bytes',
    [...Array(190).fill(`Set-Cookie: a=b${';Domain=127.0.0.1'.repeat(17)}`), 'Content-Length: 0'],
    '',
    [200],
    200,
    '/things/a',
  ),
]

function field(name: string, fieldName: string, value: string): HostileInput {
  const cut = value.slice(0, long + 100)
  const fields = [`${fieldName}: ${cut}`, 'Content-Length: 0']
  return answer(`${fieldName} of ${name}`, fields, '', [200, 502], 200, '/things/a')
}

function sent(
  name: string,
  path: string,
  type: string,
  body: Buffer,
  statuses: readonly number[],
): HostileInput {
  const fields = [`Content-Type: ${type}`, `Content-Length: ${body.length}`]
  return answer(name, fields, body, statuses, 200, `/judged${path}`)
}

function answer(
  name: string,
  fields: readonly string[],
  body: string | Buffer,
  statuses: readonly number[],
  status = 200,
  path = '/judged/any',
): HostileInput {
  const head = [`HTTP/1.1 ${status} Whatever`, ...fields, '', ''].join(crlf)
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)])
  return { name: `judged: ${name}`, from: 'upstream', path, statuses, pieces: inReads(bytes) }
}
