// explain on requests that are tried: which operation, which policies, what they say, what is sent.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { command, testWorld } from '../../test/command.ts'
import { folderWith } from '../../test/folder.ts'
import { commandLine } from './main.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
servers: [{ url: /v1 }]
paths:
  /notes:
    get:
      operationId: listNotes
      parameters:
        - { name: limit, in: query, schema: { type: integer, maximum: 100 } }
        - { name: X-Tenant, in: header, schema: { type: string } }
      responses: { '200': { description: All. } }
    post:
      operationId: addNote
      x-concordat:
        limits: { bodyBytesMax: 1000 }
        policies: { limit: { requestsMax: 5 } }
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [text] } } }
      responses: { '201': { description: Kept. } }
`
const config = `contract: notes.yaml
audience: public
upstreams: { notes: { endpoints: [http://10.0.0.7:3000/base] } }
policies:
  ip: { mode: shadow, deny: [203.0.113.0/24] }
  limit: { requestsMax: 60 }
`
const files = { 'notes.yaml': contract, 'concordat.yaml': config }

const json = 'Content-Type: application/json'

const cases: [says: string, args: string[], file: string, want: RegExp[]][] = [
  [
    'a request that is let through, and where it would go',
    ['GET', '/v1/notes?limit=5'],
    '',
    [
      /^operation +listNotes +GET \/v1\/notes$/m,
      /^upstream +notes$/m,
      /^ +ip +shadow +passed +concordat\.yaml:5:3 +deny 203\.0\.113\.0\/24$/m,
      /^ +limit +enforce +passed +concordat\.yaml:6:3 +requestsMax 60, /m,
      /^ +validation +enforce +passed +default of audience public /m,
      /^ +secure-headers +enforce +applies +default of audience public /m,
      /^would be sent to 10\.0\.0\.7:3000$/m,
      /^ +GET \/base\/v1\/notes\?limit=5 HTTP\/1\.1$/m,
      /^ +Host: 10\.0\.0\.7:3000$/m,
      /^\+ +X-Forwarded-For: 127\.0\.0\.1$/m,
      /^note what policies remember, such as used-up limits, is empty at each try$/m,
    ],
  ],
  [
    'who refuses, with details and without the value; those behind are not reached',
    ['GET', '/v1/notes?limit=500'],
    '',
    [
      /^ +limit +enforce +passed /m,
      /^ +validation +enforce +refused /m,
      /^refused 400 INVALID_INPUT by validation: /m,
      /^ +query limit +too_large +must be at most 100$/m,
    ],
  ],
  [
    'a policy in shadow has no say, and says what it would',
    ['GET', '/v1/notes', '--as', '203.0.113.9'],
    '',
    [
      /^client +203\.0\.113\.9$/m,
      /^ +ip +shadow +would refuse: ADDRESS_DENIED \(in a deny list of api\) +concordat\.yaml:5:3 /m,
      /^would be sent to /m,
    ],
  ],
  [
    'an operation has its own policies beside those of the API, and its bounds',
    ['POST', '/v1/notes', '--request', 'request.txt'],
    `${json}\n\n{"text":"hi"}\n`,
    [
      /^ +bodyBytesMax +1000 bytes +in place of \d+ +notes\.yaml:15:19$/m,
      /^ +limit +enforce +passed +concordat\.yaml:6:3 .*\n +limit +enforce +passed +notes\.yaml:16:21 /m,
      /^ +POST \/base\/v1\/notes HTTP\/1\.1$/m,
    ],
  ],
  [
    'a body that breaks the contract',
    ['--request', 'request.txt'],
    `POST /v1/notes HTTP/1.1\r\nHost: api.test\r\n${json}\r\n\r\n{}`,
    [/^POST \/v1\/notes$/m, /^ +body \/text +required /m],
  ],
  [
    'a body that is longer than its bound',
    ['POST', '/v1/notes', '--request', 'request.txt'],
    `${json}\n\n{"text":"${'x'.repeat(2_000)}"}`,
    [/^refused 413 CONTENT_TOO_LARGE /m],
  ],
  [
    'fields of the command line',
    ['GET', '/v1/notes', '--header', 'X-Tenant: t1', '--header', 'Accept: image/png'],
    '',
    [/^operation +listNotes /m, /^ +GET \/base\/v1\/notes HTTP\/1\.1$/m],
  ],
  [
    'a field that stays behind',
    ['GET', '/v1/notes', '--header', 'X-Forwarded-For: 10.9.9.9', '--header', 'TE: gzip'],
    '',
    [/^\+ +X-Forwarded-For: 127\.0\.0\.1$/m, /^- +TE$/m],
  ],
  [
    'a path that is nobody, with the nearest',
    ['GET', '/v1/note'],
    '',
    [
      /^operation +none$/m,
      /^ +limit +enforce +passed /m,
      /^refused 404 NOT_FOUND by the gateway itself: /m,
      /^note nearest: GET \/v1\/notes, POST \/v1\/notes$/m,
    ],
  ],
  [
    'a method that is not declared',
    ['PUT', '/v1/notes'],
    '',
    [/^refused 405 METHOD_NOT_ALLOWED /m],
  ],
  [
    'a path that could be read in two ways',
    ['GET', '/v1/a%2Fb'],
    '',
    [/^refused 400 INVALID_PATH /m],
  ],
  ['OPTIONS', ['OPTIONS', '/v1/notes'], '', [/^answered 204 by the gateway itself$/m]],
  [
    'what is no request',
    ['GET', '/v1/notes', '--header', 'Bad Name: x'],
    '',
    [/^refused 400 MALFORMED_REQUEST by the gateway itself: /m, /^ +reason +\S/m],
  ],
]

for (const [says, args, request, want] of cases) {
  test(`explain: ${says}`, async (t) => {
    const folder = folderWith(t, { ...files, 'request.txt': request })
    const { code, out, err } = await command(['explain', ...args], folder)
    for (const one of want) assert.match(out, one)
    assert.deepEqual({ code, err: err.replace(/^compiling .*\n/, '') }, { code: 0, err: '' })
  })
}

test('explain says which upstream is spoken to in HTTP/2, and shows what it gets as text', async (t) => {
  for (const [endpoints, want] of [
    ['[h2c://10.0.0.7:3000]', /^upstream +notes, HTTP\/2$/m],
    ['[h2c://10.0.0.7:3000, http://10.0.0.8]', /^upstream +notes, HTTP\/2 in part$/m],
  ] as const) {
    const written = config.replace('[http://10.0.0.7:3000/base]', endpoints)
    const folder = folderWith(t, { ...files, 'concordat.yaml': written })
    const { out } = await command(['explain', 'GET', '/v1/notes?limit=5'], folder)
    assert.match(out, want)
    assert.match(out, /^ +GET \/v1\/notes\?limit=5 HTTP\/1\.1$/m)
  }
})

test('explain --json gives the same to programs', async (t) => {
  const args = ['explain', 'GET', '/v1/notes?limit=x', '--json']
  const { out } = await command(args, folderWith(t, files))
  const { operation, decisions, outcome, sending } = JSON.parse(out)
  assert.equal(operation.id, 'listNotes')
  const verdicts = decisions.map((one: { policy: string; verdict: string }) => one.verdict)
  assert.deepEqual(verdicts.slice(0, 3), ['passed', 'passed', 'refused'])
  const { result, by, fault, status } = outcome
  assert.deepEqual(
    { result, by, fault, status },
    { result: 'refused', by: 'validation', fault: 'INVALID_INPUT', status: 400 },
  )
  assert.equal(sending, null)
})

test('a contract alone is enough; that nobody said where the service is, is said', async (t) => {
  const folder = folderWith(t, { 'notes.yaml': contract })
  const args = ['explain', 'GET', '/v1/notes', '--contract', 'notes.yaml']
  const unplaced = await command(args, folder)
  assert.match(unplaced.out, /^would be sent to the service$/m)
  assert.match(unplaced.out, /^note nobody said where the service is: --to URL$/m)
  const placed = await command([...args, '--to', 'http://127.0.0.1:3000'], folder)
  assert.match(placed.out, /^would be sent to 127\.0\.0\.1:3000$/m)
})

async function* stdin(): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${json}\n\n{"te`)
  yield Buffer.from('xt":"hi"}')
}

test('the request may be piped in', async (t) => {
  const { world, said } = testWorld(folderWith(t, files))
  const args = ['explain', 'POST', '/v1/notes', '--request', '-']
  assert.equal(await commandLine(args, { ...world, stdin }), 0)
  assert.match(said().out, /^would be sent to /m)
})

async function* zeros(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(1024 * 1024)
}

test('a request without an end is not waited for', async (t) => {
  const { world, said } = testWorld(folderWith(t, files))
  const args = ['explain', 'POST', '/v1/notes', '--request', '-']
  assert.equal(await commandLine(args, { ...world, stdin: zeros }), 2)
  assert.match(said().err, /longer than \d+ bytes/)
})

const misuses: [says: string, args: string[], code: number, want: RegExp][] = [
  ['nothing', [], 2, /METHOD PATH .*, or the id/],
  ['three words', ['GET', '/a', '/b'], 2, /METHOD PATH .*, or the id/],
  ['a method alone', ['/v1/notes'], 2, /METHOD PATH .*, or the id/],
  ['a consumer', ['GET', '/v1/notes', '--as', 'acme'], 2, /IP address, not 'acme'/],
  ['a file that is not there', ['GET', '/v1/notes', '--request', 'x'], 2, /no file x/],
  ['a folder', ['GET', '/', '--request', '.'], 2, /is a folder/],
  ['a pipe that is not there', ['GET', '/', '--request', '-'], 2, /nothing is piped in/],
  ['a request that is another', ['PUT', '/', '--request', 'get.txt'], 2, /the request is GET \/ /],
  ['a request without its line', ['--request', 'fields.txt'], 2, /say METHOD PATH, or begin/],
  ['a body that is cut', ['GET', '/', '--request', 'cut.txt'], 2, /Content-Length is 9, and 1 /],
  ['a contract that is refused', ['GET', '/', '--contract', 'bad.yaml'], 1, /is refused: 1 error/],
]

for (const [says, args, want, message] of misuses) {
  test(`explain is told what it cannot do with ${says}`, async (t) => {
    const folder = folderWith(t, {
      ...files,
      'get.txt': 'GET / HTTP/1.1\n',
      'fields.txt': 'A: b\n',
      'cut.txt': 'Content-Length: 9\n\nx',
      'bad.yaml': contract.replace('requestsMax', 'requestMax'),
    })
    const { code, out, err } = await command(['explain', ...args], folder)
    assert.match(err, message)
    assert.deepEqual({ code, out }, { code: want, out: '' })
  })
}

test('nothing of a request steers the terminal', async (t) => {
  const folder = folderWith(t, files)
  const evil = `\u001B]0;own\u0007\u009B2J\u202Eevil`
  writeFileSync(join(folder, 'evil.txt'), `${evil}: ${evil}\n\n${evil}`)
  const requests = [
    ['GET', `/v1/${evil}`],
    ['GET', `/v1/notes?${evil}=1`],
    ['GET', `/v1/notes?%1b%5b2J=1`],
    ['GET', '/v1/notes', '--header', `X-Tenant: ${evil}`],
    ['POST', '/v1/notes', '--request', 'evil.txt'],
  ]
  for (const request of requests) {
    for (const more of [[], ['--json']]) {
      const { out } = await command(['explain', ...request, ...more], folder)
      assert.doesNotMatch(out, /[^\P{Cc}\n]|\p{Cf}/u, request.join(' '))
    }
  }
})
