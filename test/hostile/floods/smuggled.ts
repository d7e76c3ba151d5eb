// What HTTP/1.1 would read otherwise, said over HTTP/2: request after request that must be refused,
// and of which no byte may reach a service. Refused requests count, so the connection ends soon.
import { frameFlag } from '../../../src/wire/http2/frames.ts'
import type { Arena } from './arena.ts'
import { Attacker, sleep } from './attacker.ts'
import type { Flood } from './flood.ts'
import { data, fields, headers, http2Attack, opening, opens, stream } from './http2.ts'

type Pair = [name: string, value: string]

const method: Pair = [':method', 'GET']
const scheme: Pair = [':scheme', 'http']
const authority: Pair = [':authority', 'api.test']
const path: Pair = [':path', '/seen']
const whole: Pair[] = [method, scheme, authority, path]

const next = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
const spoilers = [`\r\n\r\n${next}`, '\r\nX: y', '\n', '\r', '\0', ' ', '\t', '\x7f', '\x80']

/** In place of one of the four. */
const instead = (pair: Pair): Pair[] => whole.map((one) => (one[0] === pair[0] ? pair : one))

/** Each a head that may not be. */
export const smugglings: readonly (readonly [says: string, pairs: Pair[]])[] = [
  ...spoilers.flatMap((end): [string, Pair[]][] => [
    [`:path with ${JSON.stringify(end)}`, instead([':path', `/seen${end}`])],
    [`:method with ${JSON.stringify(end)}`, instead([':method', `GET${end}`])],
    [`:authority with ${JSON.stringify(end)}`, instead([':authority', `a${end}`])],
    [`:scheme with ${JSON.stringify(end)}`, instead([':scheme', `http${end}`])],
    [`a name with ${JSON.stringify(end)}`, [...whole, [`x${end}`, 'y']]],
  ]),
  ...spoilers
    .slice(0, 5)
    .map((end): [string, Pair[]] => [
      `a value with ${JSON.stringify(end)}`,
      [...whole, ['x', `y${end}z`]],
    ]),
  ['a value that begins with a space', [...whole, ['x', ' y']]],
  ['a value that ends with a tab', [...whole, ['x', 'y\t']]],
  ['a name with a colon', [...whole, ['transfer-encoding:', 'chunked']]],
  ['a name that begins with a colon', [...whole, [':x', 'y']]],
  ['no name', [...whole, ['', 'y']]],
  ['a name in upper case', [...whole, ['Transfer-Encoding', 'chunked']]],
  ['transfer-encoding', [...whole, ['transfer-encoding', 'chunked']]],
  ['connection', [...whole, ['connection', 'close']]],
  ['keep-alive', [...whole, ['keep-alive', 'timeout=5']]],
  ['proxy-connection', [...whole, ['proxy-connection', 'close']]],
  ['upgrade', [...whole, ['upgrade', 'websocket']]],
  ['te of other things', [...whole, ['te', 'chunked']]],
  ['te of trailers and others', [...whole, ['te', 'trailers, chunked']]],
  ['a length that is none', [...whole, ['content-length', '1x']]],
  ['two lengths', [...whole, ['content-length', '0'], ['content-length', '5']]],
  ['a signed length', [...whole, ['content-length', '+0']]],
  ['a list of lengths', [...whole, ['content-length', '0, 0']]],
  ['a length without a body', [...whole, ['content-length', '5']]],
  ['an underscore for a hyphen', [...whole, ['content_length', '5']]],
  ['two hosts', [...whole, ['host', 'b']]],
  ['two fields of a host', [method, scheme, path, ['host', 'a'], ['host', 'a']]],
  ['no host', [method, scheme, path]],
  ['a host with a user', instead([':authority', 'b@a'])],
  ['a host with a path', instead([':authority', 'a/b'])],
  ['no method', [scheme, authority, path]],
  ['no scheme', [method, authority, path]],
  ['no path', [method, scheme, authority]],
  ['an empty path', instead([':path', ''])],
  ['a path that is absolute', instead([':path', 'http://a/seen'])],
  ['a path of another kind', instead([':path', '*'])],
  ['another scheme', instead([':scheme', 'file'])],
  ['two methods', [method, ...whole]],
  ['two paths', [...whole, [':path', '/seen']]],
  ['a pseudo-field behind others', [method, scheme, authority, ['x', 'y'], path]],
  ['a status', [...whole, [':status', '200']]],
  ['a protocol of a GET', [...whole, [':protocol', 'websocket']]],
  [
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', 'api.test:80'],
    ],
  ],
  ['an expectation of nobody', [...whole, ['expect', '200-ok']]],
]

/** Bodies of another length than is said; the beginning of such a request may reach a service. */
const lies: readonly (readonly [length: string, body: string])[] = [
  ['3', `abc${next}`],
  ['0', next],
  ['100', next],
]

/** Throws where a service saw anything but requests as they should be. */
async function untouched({ service }: Arena): Promise<void> {
  await sleep(20)
  const strange = service.heads.filter((head) => !/^(?:POST|GET) \/\w+ HTTP\/1\.1\r\n/.test(head))
  const smuggled = service.heads.filter((head) => /smuggled|\/seen|\r\nx: y/i.test(head))
  service.heads.length = 0
  const seen = [...strange, ...smuggled]
  if (seen.length > 0) throw new Error(`a service saw ${JSON.stringify(seen.slice(0, 3))}`)
}

const smuggling: Flood = {
  name: `HTTP/2 to HTTP/1.1: ${smugglings.length} heads that would be read otherwise`,
  ends: /^enhanceYourCalm: too many streams were reset/,
  async attack(arena) {
    arena.service.heads.length = 0
    const told = await http2Attack(arena, (attacker) => {
      attacker.say(opening)
      return attacker.flood((round) => {
        const [, pairs] = smugglings[round % smugglings.length]!
        return headers(stream(round), fields(...pairs))
      })
    })
    await untouched(arena)
    return told
  },
}

const lying: Flood = {
  name: 'HTTP/2 to HTTP/1.1: bodies of another length than is said',
  ends: /^enhanceYourCalm: too many streams were reset/,
  async attack(arena) {
    arena.service.heads.length = 0
    const told = await http2Attack(arena, (attacker) => {
      attacker.say(opening)
      return attacker.flood((round) => {
        const [length, body] = lies[round % lies.length]!
        const pairs: Pair[] = [
          [':method', 'POST'],
          scheme,
          authority,
          [':path', '/held'],
          ['content-type', 'application/octet-stream'],
          ['content-length', length],
        ]
        const id = stream(round)
        return headers(id, fields(...pairs), opens) + data(id, body, frameFlag.endStream)
      })
    })
    await untouched(arena)
    return told
  },
}

/** Over HTTP/1.1: what asks for HTTP/2 within it. */
const upgrading = (name: string, request: string, ends: RegExp): Flood => ({
  name: `HTTP/1.1: ${name}`,
  ends,
  async attack(arena) {
    arena.service.heads.length = 0
    const attacker = new Attacker({ port: arena.port })
    attacker.say(request)
    await attacker.closed()
    const strange = arena.service.heads.filter((head) => /upgrade|http2|PRI/i.test(head))
    if (strange.length > 0) throw new Error(`a service saw ${JSON.stringify(strange)}`)
    return attacker.first.split('\r\n', 1)[0]!
  },
})

const upgrade =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'

export const smuggledFloods: readonly Flood[] = [
  smuggling,
  lying,
  upgrading(
    'an upgrade to h2c',
    `GET /seen HTTP/1.1\r\nHost: api.test\r\n${upgrade}\r\n`,
    /^HTTP\/1\.1 200/,
  ),
  upgrading(
    'HTTP/2 behind a request',
    `GET /seen HTTP/1.1\r\nHost: api.test\r\n\r\n${opening}`,
    /^HTTP\/1\.1 200/,
  ),
]
