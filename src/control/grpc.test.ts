// What a configuration must say where operations are of gRPC.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText } from './testing.ts'

const contractOf = (...lines: string[]): string => `openapi: 3.1.0
info: { title: t, version: '1' }
paths:
  /chat.v1.Chat/Send:
    post:
      operationId: send
      requestBody: { content: { application/grpc: {} } }
      responses: { '200': { description: ok } }
${lines.map((line) => `      ${line}\n`).join('')}`

const notHttp2 = (where: string, cure: string) =>
  `${where} error send is gRPC, which needs HTTP/2, and this is asked in HTTP/1.1: ${cure}`

const upstreams: readonly [says: string, config: string | undefined, to: string[], want: string][] =
  [
    ['h2c://', undefined, ['h2c://127.0.0.1:9'], ''],
    [
      'http:// on the command line',
      undefined,
      ['http://127.0.0.1:9'],
      notHttp2('http://127.0.0.1:9', 'write h2c://127.0.0.1:9'),
    ],
    [
      'http:// of an IPv6 address',
      undefined,
      ['http://[::1]:9/v1'],
      notHttp2('http://[::1]:9/v1', 'write h2c://[::1]:9/v1'),
    ],
    [
      'https://',
      'upstreams: { chat: { endpoints: ["https://a"] } }',
      [],
      notHttp2('concordat.yaml:1:14', "say 'http: 2' of the upstream"),
    ],
    ['https:// that says so', 'upstreams: { chat: { endpoints: ["https://a"], http: 2 } }', [], ''],
  ]

for (const [says, config, to, want] of upstreams) {
  test(`gRPC goes to ${says}${want === '' ? '' : ' not, and it is said what to write'}`, () => {
    const { said } = compileText(contractOf(), config, to)
    assert.deepEqual(
      said.filter((line) => line.includes(' error ')).map(unplaced),
      want === '' ? [] : [want],
    )
  })
}

/** What was given on the command line is in no line. */
const unplaced = (line: string): string => line.replace(':0:0 ', ' ')

const patterns: readonly [written: string, want: string | undefined, error?: string][] = [
  ['x-grpc: { pattern: server-streaming }', 'server-streaming'],
  ['x-grpc: {}', 'unary'],
  [
    'x-grpc: { pattern: both }',
    undefined,
    '`pattern` must be unary, client-streaming, server-streaming, bidirectional-streaming',
  ],
  ['x-grpc: true', undefined, '`x-grpc` must be an object'],
  ['x-grpc: { answeredBy: me }', undefined, '`answeredBy` must be gateway'],
]

for (const [written, want, error] of patterns) {
  test(`${written} is ${want ?? 'refused'}`, () => {
    const { plan, said } = compileText(contractOf(written), undefined, ['h2c://127.0.0.1:9'])
    assert.equal(plan?.operations[0]?.grpc?.pattern, want)
    const errors = said.filter((line) => line.includes(' error '))
    if (error === undefined) assert.deepEqual(errors, [])
    else assert.equal(errors[0]?.slice(-error.length), error)
  })
}

test('x-grpc of an operation that is none has no effect, and is refused', () => {
  const text = contractOf('x-grpc: {}').replace('application/grpc', 'application/json')
  const { said } = compileText(text, undefined, ['h2c://127.0.0.1:9'])
  assert.match(said[0]!, /`x-grpc` has no effect here: gRPC is a POST with a body/)
})

const limited = (text: string): string => {
  const settings = 'x-concordat: { limits: { messageBytesMax: 100 } }'
  return text.replace('operationId: send', `operationId: send\n      ${settings}`)
}

const isIneffective = (text: string): boolean =>
  compileText(text, undefined, ['h2c://127.0.0.1:9']).said.some((line) =>
    line.includes('has no effect here'),
  )

test('messageBytesMax has an effect on gRPC alone', () => {
  const text = limited(contractOf())
  assert.equal(isIneffective(text), false)
  assert.equal(isIneffective(text.replace('application/grpc', 'text/plain')), true)
})

test('time that somebody wrote for a stream holds', () => {
  const stream = 'x-grpc: { pattern: server-streaming }'
  const own = 'x-concordat: { limits: { replyIdleTimeoutMs: 1000 } }'
  const limitsOf = (config?: string) =>
    compileText(contractOf(stream, own), config, ['h2c://127.0.0.1:9']).plan!.operations[0]!.limits
  assert.deepEqual(limitsOf(), {
    exchangeTimeoutMs: 86_400_000,
    firstByteTimeoutMs: 3_600_000,
    replyIdleTimeoutMs: 1_000,
  })
  assert.deepEqual(limitsOf('limits: { exchangeTimeoutMs: 5000 }'), {
    firstByteTimeoutMs: 3_600_000,
    replyIdleTimeoutMs: 1_000,
  })
})
