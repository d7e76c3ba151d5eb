// Hostile questions of another proxy: what it says of a request, a client has said to it.
import { type HostileInput, inReads } from './input.ts'

const crlf = '\r\n'

interface About {
  readonly method?: string
  readonly uri?: string
  readonly host?: string
}

const list = (count: number, make: (i: number) => string, glue: string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(glue)

const fine = '/things/a'
/** Whoever asks is told, whatever it is. */
const refused = [400, 401, 403, 404, 405, 406, 414, 415, 421]

export const asked = (): HostileInput[] =>
  ['/.concordat/auth', '/.concordat/auth/nginx'].flatMap(questions)

const questions = (path: string): HostileInput[] => [
  ask(path, 'as it should be', { uri: fine }, [204]),
  ask(path, 'about 8 kB of path', { uri: `${fine}${'a'.repeat(8_000)}!` }, refused),
  ask(path, 'about 15 kB of path', { uri: `/${'x'.repeat(15_000)}` }, refused),
  ask(path, 'about 8,000 slashes', { uri: '/'.repeat(8_000) }, refused),
  ask(path, 'about dot segments', { uri: `${'/..'.repeat(2_600)}${fine}` }, refused),
  ask(path, 'about escaped slashes', { uri: `/things/${'%2f'.repeat(2_600)}` }, refused),
  ask(path, 'about another host', { uri: '//evil.test/things/a' }, refused),
  ask(path, 'about an absolute target', { uri: 'http://evil.test/things/a' }, refused),
  ask(path, 'about a fragment', { uri: `${fine}#a` }, refused),
  ask(path, 'about itself', { uri: '/.concordat/auth' }, refused),
  ask(path, 'about 4,000 parameters', { uri: `${fine}?${'a&'.repeat(4_000)}` }, refused),
  ask(path, 'about 900 items', { uri: `${fine}?${list(900, (i) => `tags=${i}`, '&')}` }, [204]),
  ask(path, 'about brackets', { uri: `${fine}?deep${'[next]'.repeat(1_300)}=1` }, refused),
  ask(path, 'about a hard query', { uri: `${fine}?q=${'x'.repeat(8_000)}` }, refused),
  ask(path, 'about a method of 15 kB', { method: 'M'.repeat(15_000), uri: fine }, refused),
  ask(path, 'about a method of nobody', { method: 'get', uri: fine }, refused),
  ask(path, 'about CONNECT', { method: 'CONNECT', uri: fine }, refused),
  ask(path, 'about a host of 15 kB', { uri: fine, host: 'a.'.repeat(7_500) }, [204, ...refused]),
  ask(path, 'about a host with a user', { uri: fine, host: 'a@b' }, refused),
  ask(path, 'about nothing', {}, refused),
  ask(path, '90 times at once', { uri: fine }, refused, Array(90).fill(`X-Forwarded-Uri: ${fine}`)),
  ask(path, 'under 90 hosts', { uri: fine }, refused, Array(90).fill('X-Forwarded-Host: a')),
  ask(
    path,
    'for 1,500 hops',
    { uri: fine },
    [204],
    [`X-Forwarded-For: ${list(1_500, () => '10.0.0.1', ',')}`],
  ),
  ask(
    path,
    'with a Content-Type of 15 kB',
    { method: 'POST', uri: '/any' },
    [204, ...refused],
    [`Content-Type: application/json${';a=b'.repeat(3_700)}`],
  ),
  ask(
    path,
    'with an Accept of 15 kB',
    { uri: `${fine}.json` },
    [204, ...refused],
    [`Accept: ${list(1_200, (i) => `a/b${i};q=0.1`, ',')}`],
  ),
  ask(path, 'with a body of 1 MiB', { uri: fine }, [204, ...refused], [], 1024 * 1024),
]

function ask(
  path: string,
  name: string,
  { method = 'GET', uri, host }: About,
  statuses: readonly number[],
  more: readonly string[] = [],
  bodyBytes = 0,
): HostileInput {
  const about = [
    `X-Forwarded-Method: ${method}`,
    ...(uri === undefined ? [] : [`X-Forwarded-Uri: ${uri}`]),
    ...(host === undefined ? [] : [`X-Forwarded-Host: ${host}`]),
    ...(bodyBytes === 0 ? [] : [`Content-Length: ${bodyBytes}`]),
  ]
  const head = [`GET ${path} HTTP/1.1`, 'Host: a', ...about, ...more, '', ''].join(crlf)
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(bodyBytes, 0x61)])
  const last = path.slice(path.lastIndexOf('/') + 1)
  return { name: `a question to ${last} ${name}`, statuses, pieces: inReads(bytes) }
}
