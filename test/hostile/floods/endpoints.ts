// Endpoints of HTTP/2 that attack the gateway by what they answer. The client learns that the
// upstream failed, and the connection to it ends.
import {
  frameFlag,
  frameHead,
  frameType,
  goawayFrame,
  pingFrame,
  preface,
  rstStreamFrame,
  setting,
  settingsAck,
  settingsFrame,
  windowUpdateFrame,
} from '../../../src/wire/http2/frames.ts'
import type { Arena } from './arena.ts'
import { Attacker } from './attacker.ts'
import type { Flood } from './flood.ts'
import type { Part } from './hostile-endpoint.ts'
import { asks, data, fields, frame, headers, http2Attack, many, opens } from './http2.ts'

const ask = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n`

/** Asks once, and waits until the client is answered and the endpoint left. */
async function asked({ port, endpoint }: Arena, request: string): Promise<string> {
  const attacker = new Attacker({ port })
  attacker.say(request)
  await attacker.closed()
  const status = /^HTTP\/1\.1 (\d+)/.exec(attacker.first)?.[1] ?? 'cut'
  const fault = /"code":\s*"(\w+)"/.exec(attacker.first)?.[1]
  const ended = endpoint.ears.flatMap(({ goaway }) => goaway ?? [])
  return [status, fault, ...new Set(ended)].filter((part) => part !== undefined).join(', ')
}

interface Hostile {
  readonly name: string
  readonly ends: RegExp
  readonly part: Part
  readonly greeting?: string
  readonly request?: string
  /** Whether the connection may stay: a call broke, and nothing else. */
  readonly stays?: true
}

const upstream = ({ name, ends, part, greeting, request, stays }: Hostile): Flood => ({
  name: `from an endpoint: ${name}`,
  ends,
  async attack(arena) {
    const { endpoint } = arena
    endpoint.play(part, greeting)
    const told = await asked(arena, request ?? ask('/hostile'))
    if (stays !== true && !(await endpoint.isLeft())) throw new Error(`${told}, and it goes on`)
    endpoint.play(() => undefined)
    return told
  },
})

/** To a client that takes none of it. */
const spilling: Flood = {
  name: 'from an endpoint: more DATA than any window',
  ends: /flowControlError|internalError/,
  attack(arena) {
    const { endpoint } = arena
    endpoint.play(replying((id) => data(id, 'x'.repeat(16_384))))
    return http2Attack(arena, async (attacker, ear) => {
      attacker.say(preface + settingsFrame([[setting.initialWindowSize, 0]]))
      attacker.say(headers(1, asks('GET', '/hostile')))
      await attacker.until(() => ear.ended.size > 0)
      if (!(await endpoint.isLeft())) throw new Error('it goes on')
      attacker.leave()
    })
  },
}

const status = (code: string): string => fields([':status', code])
const begun = (id: number): string => headers(id, status('200'), opens)
/** Its head, and from then on the same over and over. */
const replying =
  (again: (id: number, round: number) => string): Part =>
  (id, round) =>
    round === 0 ? begun(id) : again(id, round)

const always =
  (again: (id: number, round: number) => string): Part =>
  (id, round) =>
    again(id, round)

/** Who floods may be cut before it reads why. */
const tooMany = /^(502, UPSTREAM_\w+|200|cut)(, enhanceYourCalm: too many frames.*)?$/
const failed = /^502, UPSTREAM_\w+/

/** A message of gRPC with this prefix of five bytes. */
const grpcAsk = (prefix: string, more: readonly string[] = [], body = ''): string => {
  const bytes = prefix + body
  const head = [
    'POST /chat.v1.Chat/Send HTTP/1.1',
    'Host: api.test',
    'Content-Type: application/grpc-web',
    `Content-Length: ${bytes.length}`,
    'Connection: close',
    ...more,
  ]
  return `${head.join('\r\n')}\r\n\r\n${bytes}`
}

const grpcHead = (id: number): string =>
  headers(id, status('200') + fields(['content-type', 'application/grpc']), opens)
const trailers = (id: number, ...pairs: [string, string][]): string => headers(id, fields(...pairs))

const grpc = (name: string, ends: RegExp, part: Part): Flood =>
  upstream({ name: `gRPC: ${name}`, ends, part, request: grpcAsk('\0\0\0\0\0'), stays: true })

export const endpointFloods: readonly Flood[] = [
  spilling,
  upstream({
    name: 'SETTINGS',
    ends: tooMany,
    part: always(() => many(1_000, () => settingsFrame([]))),
  }),
  upstream({
    name: 'PING',
    ends: tooMany,
    part: always(() => many(1_000, () => pingFrame('12345678'))),
  }),
  upstream({
    name: 'empty DATA',
    ends: tooMany,
    part: replying((id) => many(1_000, () => data(id, ''))),
  }),
  upstream({
    name: 'DATA of padding alone',
    ends: tooMany,
    part: replying((id) => many(100, () => data(id, `\xff${'\0'.repeat(255)}`, frameFlag.padded))),
  }),
  upstream({
    name: 'WINDOW_UPDATE',
    ends: tooMany,
    part: always((id) => many(500, () => windowUpdateFrame(0, 1) + windowUpdateFrame(id, 1))),
  }),
  upstream({
    name: 'PRIORITY and unknown frames',
    ends: tooMany,
    part: always((id) =>
      many(500, () => frame(frameType.priority, 0, id, '\0\0\0\0\x01') + frame(99, 0, id)),
    ),
  }),
  upstream({
    name: 'frames of a call that is over',
    ends: /^502, UPSTREAM_\w+(, streamClosed.*)?$/,
    part: always((id) => rstStreamFrame(id, 2) + many(1_000, () => data(id, ''))),
  }),
  upstream({
    name: 'a window that shrinks and grows',
    ends: tooMany,
    part: always((_, round) =>
      many(1_000, (i) => settingsFrame([[setting.initialWindowSize, (round + i) % 2]])),
    ),
  }),
  upstream({
    name: 'a window beyond its bound',
    ends: /^502, UPSTREAM_PROTOCOL(, flowControlError.*)?$/,
    part: always(() => windowUpdateFrame(0, 0x7fff_ffff)),
  }),
  upstream({
    name: 'CONTINUATION without end',
    ends: /^502, UPSTREAM_PROTOCOL(, enhanceYourCalm: a section.*)?$/,
    part: (id, round) =>
      round === 0
        ? headers(id, status('200'), 0)
        : many(100, () => frame(frameType.continuation, 0, id, '\0\x01a\x01b')),
  }),
  upstream({
    name: 'a bomb of fields',
    ends: failed,
    stays: true,
    part: (id, round) =>
      round === 0 ? headers(id, status('200') + '\x90'.repeat(16_000), opens) : undefined,
  }),
  upstream({
    name: 'interim replies without end',
    ends: /^103, UPSTREAM_PROTOCOL/,
    stays: true,
    part: (id, round) => (round < 100 ? headers(id, status('103'), opens) : undefined),
  }),
  upstream({
    name: 'PUSH_PROMISE',
    ends: /^502, UPSTREAM_PROTOCOL(, protocolError: a push.*)?$/,
    part: always(
      (id) => frameHead(4, frameType.pushPromise, frameFlag.endHeaders, id) + '\0\0\0\x02',
    ),
  }),
  upstream({
    name: 'GOAWAY over and over, and no call looked at',
    ends: /^50[23], UPSTREAM_/,
    part: always(() => many(100, () => goawayFrame(0, 0))),
  }),
  upstream({
    name: 'a greeting and a GOAWAY in one',
    ends: /^50[23], UPSTREAM_/,
    greeting: settingsFrame([]) + settingsAck + goawayFrame(0, 0),
    part: () => undefined,
    stays: true,
  }),
  upstream({
    name: 'every call refused, to be asked again',
    ends: /^50[23], UPSTREAM_/,
    stays: true,
    part: (id, round) => (round === 0 ? rstStreamFrame(id, 7) : undefined),
  }),
  upstream({
    name: 'no streams at all',
    ends: /^50[234], UPSTREAM_/,
    stays: true,
    greeting: settingsFrame([[setting.maxConcurrentStreams, 0]]) + settingsAck,
    part: () => undefined,
  }),
  upstream({
    name: 'a frame beyond its bound',
    ends: /^(200|cut)(, frameSizeError.*)?$/,
    part: replying((id) => data(id, 'x'.repeat(16_385))),
  }),
  upstream({
    name: 'HTTP/1.1',
    ends: failed,
    greeting: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    part: () => undefined,
  }),
  grpc('a message longer than it says', /^(200|cut)/, (id, round) =>
    round === 0
      ? grpcHead(id) + data(id, '\0\0\0\0\x05ab') + trailers(id, ['grpc-status', '0'])
      : undefined,
  ),
  grpc('a message of 4 GB', /^200/, (id, round) =>
    round === 0 ? grpcHead(id) + data(id, '\0\xff\xff\xff\xffab') : undefined,
  ),
  grpc('a status that is none', /^200/, (id, round) =>
    round === 0 ? grpcHead(id) + trailers(id, ['grpc-status', '99999999999']) : undefined,
  ),
  grpc('two statuses', /^200/, (id, round) =>
    round === 0
      ? grpcHead(id) + trailers(id, ['grpc-status', '0'], ['grpc-status', '5'])
      : undefined,
  ),
  grpc('a line break in grpc-message', /^(200|502)/, (id, round) =>
    round === 0
      ? grpcHead(id) + trailers(id, ['grpc-status', '2'], ['grpc-message', 'a\r\ngrpc-status: 0'])
      : undefined,
  ),
  grpc('trailers of 60 kB', /^(200|502)/, (id, round) =>
    round === 0
      ? grpcHead(id) + trailers(id, ['grpc-status', '0'], ['x-a', 'b'.repeat(15_000)])
      : undefined,
  ),
  grpc('an end without a status', /^200/, (id, round) =>
    round === 0 ? grpcHead(id) + data(id, '', frameFlag.endStream) : undefined,
  ),
]
