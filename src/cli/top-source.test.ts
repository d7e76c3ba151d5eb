import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSource, readinessIn } from './top-source.ts'

const details = (text: string): string => `{"data":{"ready":true,"details":${text}}}`
const plain = { ready: true, state: 'not ready', configuration: undefined, workers: undefined }

const readiness: [says: string, status: number, text: string, want: object][] = [
  ['ready', 200, details('{"state":"running"}'), { ...plain, state: 'running' }],
  [
    'not ready',
    503,
    details('{"state":"draining"}'),
    { ...plain, ready: false, state: 'draining' },
  ],
  ['no JSON', 502, '<html>', { ...plain, ready: false }],
  ['JSON of another shape', 200, '[{"data":1}]', plain],
  [
    'how many workers serve',
    200,
    details('{"workers":{"serving":1,"wanted":2}}'),
    { ...plain, workers: { serving: 1, wanted: 2 } },
  ],
  ['workers in another form', 200, details('{"workers":0}'), plain],
  [
    'a configuration that is refused, by its first line',
    200,
    details('{"configuration":{"state":"refused","problem":"a.yaml:1:1 error\\nmore"}}'),
    { ...plain, configuration: { says: 'configuration refused', why: 'a.yaml:1:1 error' } },
  ],
  [
    'one that needs a restart',
    200,
    details('{"configuration":{"state":"restart","restart":["listen.port"]}}'),
    { ...plain, configuration: { says: 'needs a restart', why: 'listen.port' } },
  ],
  ['one that is in force', 200, details('{"configuration":{"state":"current"}}'), plain],
  [
    'a state that would steer a terminal',
    200,
    details(String.raw`{"state":"\u001b[2J"}`),
    {
      ...plain,
      state: '\uFFFD[2J',
    },
  ],
]

for (const [says, status, text, want] of readiness) {
  test(`readiness: ${says}`, () => assert.deepEqual(readinessIn(status, text), want))
}

const ours = 'concordat_build_info{version="1"} 1\nhttp_server_active_requests 3'

const admin = new URL('http://gateway.test:9090/behind/')

/** Looks at what answers `/metrics` so; gives what was asked, too. */
async function lookAt(metrics: () => Response | Promise<Response>) {
  const asked: string[] = []
  const source = createSource(admin, async (url) => {
    asked.push(String(url))
    return String(url).endsWith('/metrics') ? metrics() : new Response('{"data":{"ready":true}}')
  })
  return { looked: await source(new AbortController().signal), asked }
}

test('a look has the metrics and the readiness, below the path that was given', async () => {
  const { asked, looked } = await lookAt(() => new Response(ours))
  assert.ok('scrape' in looked)
  assert.equal(looked.scrape.values.get('http_server_active_requests'), 3)
  assert.equal(looked.readiness.ready, true)
  assert.deepEqual(asked, [
    'http://gateway.test:9090/behind/metrics',
    'http://gateway.test:9090/behind/readyz',
  ])
})

test('lines and characters are whole, however the answer is cut', async () => {
  const bytes = new TextEncoder().encode(ours.replace('1"', 'ü"'))
  const pieces = ReadableStream.from([...bytes].map((byte) => Uint8Array.of(byte)))
  const { looked } = await lookAt(() => new Response(pieces))
  assert.ok('scrape' in looked)
  assert.equal(looked.scrape.version, 'ü')
})

const endless = new ReadableStream({
  pull: (stream) => stream.enqueue(new Uint8Array(64 * 1024).fill(0x61)),
})

const failures: [says: string, answer: () => Response, want: RegExp][] = [
  ['another status', () => new Response('', { status: 404 }), /^\/metrics answered 404$/],
  ['no metrics of ours', () => new Response('up 1'), /^the answer holds no metrics of a gateway$/],
  ['a line without end', () => new Response(endless), /^the answer is too large$/],
  [
    'no connection',
    () => {
      throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })
    },
    /^nothing listens there$/,
  ],
  [
    'a silence',
    () => {
      throw new DOMException('late', 'TimeoutError')
    },
    /^nothing within 5 s$/,
  ],
]

for (const [says, answer, want] of failures) {
  test(`a look that fails says why: ${says}`, async () => {
    const { looked } = await lookAt(answer)
    assert.match('failed' in looked ? looked.failed : 'nothing failed', want)
  })
}
