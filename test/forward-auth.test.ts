// The same policies beside another proxy: the pages' own configurations of nginx and Caddy, and the
// question as Traefik asks it.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { exchanged, gatewayOf } from './gateway.ts'
import { eventually } from './raw-peer.ts'

const contract = `
openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-API-Key } }
x-concordat:
  policies: { headers: { request: { set: { X-Env: prod } } } }
paths:
  /notes:
    get:
      operationId: listNotes
      parameters: [{ name: limit, in: query, schema: { type: integer, maximum: 10 } }]
      responses: { '200': { description: all } }
    post:
      operationId: createNote
      x-concordat: { policies: { limit: { requestsMax: 2, windowMs: 60000, burstMax: 2 } } }
      requestBody:
        required: true
        content: { application/json: { schema: { type: object } } }
      responses: { '201': { description: made } }
  /secret:
    get:
      security: [{ key: [] }]
      responses: { '200': { description: known } }
`
const config = `
audience: public
trustedHops: [127.0.0.1]
forwardAuth: true
policies: { auth: upstream }
`

/** A service that says what it got. */
async function service(t: TestContext): Promise<number> {
  const server = createServer((request, reply) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      const { method, url, headers } = request
      reply.end(JSON.stringify({ method, url, env: headers['x-env'], body }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

function fenced(language: string): string {
  const page = readFileSync(new URL('../spec/forward-auth.md', import.meta.url), 'utf8')
  const block = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1]
  assert.ok(block !== undefined, `the page has a block of ${language}`)
  return block
}

interface Beside {
  readonly command: string
  /** The page's configuration, listening on a socket file and asking the ports of this test. */
  readonly config: (socket: string, ports: Ports) => string
  readonly args: (file: string, folder: string) => string[]
}

interface Ports {
  readonly gateway: number
  readonly service: number
}

const onPorts = (text: string, { gateway, service: to }: Ports): string =>
  text
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${gateway}`)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${to}`)

const proxies: Readonly<Record<'nginx' | 'caddy', Beside>> = {
  nginx: {
    command: 'nginx',
    config: (socket, ports) => `daemon off; pid nginx.pid; error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  ${onPorts(fenced('nginx').replace('listen 8000', `listen unix:${socket}`), ports).replaceAll('$remote_addr', '192.0.2.9')}
}`,
    args: (file, folder) => ['-p', folder, '-e', 'stderr', '-c', file],
  },
  caddy: {
    command: 'caddy',
    config: (socket, ports) =>
      `{\n\tadmin off\n}\n${onPorts(fenced('caddyfile').replace(':8000 {', `http:// {\n\tbind unix/${socket}`), ports)}`,
    args: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
}

const isThere = (command: string): boolean =>
  spawnSync(command, [command === 'caddy' ? 'version' : '-v'], { stdio: 'ignore' }).error ===
  undefined

async function startProxy(t: TestContext, name: keyof typeof proxies, ports: Ports) {
  const folder = mkdtempSync(join(tmpdir(), 'concordat-beside-'))
  const { command, config: written, args } = proxies[name]
  const socket = join(folder, 's')
  const file = join(folder, 'config')
  writeFileSync(file, written(socket, ports))
  const env = { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child: ChildProcess = spawn(command, args(file, folder), {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text))
  t.after(async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  })
  const listens = listening(socket)
  await eventually(`${name} listens`, () => listens() || child.exitCode !== null)
  assert.equal(child.exitCode, null, said)
  return (head: string[], body = '') => askedOver(socket, head, body)
}

/** Whether somebody accepts there: that the socket exists is not enough. */
function listening(path: string): () => boolean {
  let state: 'unknown' | 'asked' | 'yes' = 'unknown'
  return () => {
    if (state === 'unknown') {
      state = 'asked'
      const probe = connect(path)
      probe.once('connect', () => {
        state = 'yes'
        probe.destroy()
      })
      probe.once('error', () => {
        state = 'unknown'
      })
    }
    return state === 'yes'
  }
}

async function askedOver(path: string, [line, ...fields]: string[], body: string): Promise<string> {
  const socket = connect(path)
  let text = ''
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  const length = body === '' ? [] : [`Content-Length: ${body.length}`]
  const lines = [`${line} HTTP/1.1`, 'Host: api.test', 'Connection: close', ...length, ...fields]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  await once(socket, 'close')
  return text
}

const json = 'Content-Type: application/json'

for (const name of ['nginx', 'caddy'] as const) {
  test(
    `${name} passes on what the contract allows and gives clients our refusals`,
    { skip: isThere(name) ? false : `${name} is not installed` },
    async (t) => {
      const to = await service(t)
      const gateway = await gatewayOf(t, { contract, config, to: [`http://127.0.0.1:${to}`] })
      const ask = await startProxy(t, name, { gateway, service: to })
      const rows: [says: string, head: string[], body: string, want: RegExp][] = [
        [
          'allowed, with the fields of policies',
          ['GET /notes?limit=3'],
          '',
          / 200 OK[^]*"url":"\/notes\?limit=3","env":"prod"/,
        ],
        [
          'with its body',
          ['POST /notes', json],
          '{"a":1}',
          / 200 OK[^]*"method":"POST"[^]*"body":"\{\\"a\\":1\}"/,
        ],
        ['a parameter', ['GET /notes?limit=30'], '', / 400 [^]*INVALID_INPUT[^]*"field":"limit"/],
        ['a path', ['GET /other'], '', / 404 [^]*NOT_FOUND/],
        ['a method', ['DELETE /notes'], '', / 405 [^]*METHOD_NOT_ALLOWED/],
        ['its field', ['DELETE /notes'], '', /\r\nAllow: [A-Z, ]*GET/i],
        [
          'a media type',
          ['POST /notes', 'Content-Type: text/csv'],
          'a',
          / 415 [^]*UNSUPPORTED_MEDIA_TYPE/,
        ],
        ['a credential', ['GET /secret'], '', / 401 [^]*UNAUTHENTICATED/],
        ['one that is there', ['GET /secret', 'X-API-Key: k'], '', / 200 OK/],
        ['a limit', ['POST /notes', json], '{}', / 429 [^]*LIMIT_EXCEEDED/],
        ['a path in two ways', ['GET /notes%2f..'], '', / 400 [^]*INVALID_PATH/],
        ['a path with dots', ['GET /notes/../secret'], '', / 40[01] /],
        [
          'a refusal that is long',
          [
            `GET /notes?${'abcdefghi'
              .split('')
              .map((one) => one.repeat(240))
              .join('=1&')}=1`,
          ],
          '',
          / 400 [^]*INVALID_INPUT/,
        ],
        [
          'fields of the question, forged',
          ['GET /secret', 'X-Forwarded-Uri: /notes', 'X-Forwarded-Method: GET'],
          '',
          / 401 [^]*UNAUTHENTICATED/,
        ],
        [
          'the same with underscores',
          ['GET /secret', 'X_Forwarded_Uri: /notes', 'X-Forwarded_Uri: /notes'],
          '',
          / 40[01] /,
        ],
        [
          'a field of policies, forged',
          ['GET /notes', 'X-Env: forged'],
          '',
          / 200 OK[^]*"env":"prod"/,
        ],
        [
          'where no policy sets it',
          ['OPTIONS /notes', 'X-Env: forged'],
          '',
          /^HTTP\/1\.1 200 OK(?![^]*forged)[^]*"method":"OPTIONS"/,
        ],
        ['a HEAD', ['HEAD /notes?limit=3'], '', / 200 OK/],
        ['a HEAD that is refused', ['HEAD /other'], '', / 404 /],
      ]
      for (const [says, head, body, want] of rows) assert.match(await ask(head, body), want, says)
      assert.match(await ask(['POST /notes', json], '{}'), /\r\nRetry-After: \d+/i)
    },
  )
}

test('asked as Traefik asks, the answer is the verdict', async (t) => {
  const gateway = await gatewayOf(t, { contract, config, to: ['http://127.0.0.1:9'] })
  const ask = (method: string, uri: string, ...more: string[]) =>
    exchanged(gateway, [
      'GET /.concordat/auth',
      `X-Forwarded-Method: ${method}`,
      `X-Forwarded-Uri: ${uri}`,
      'X-Forwarded-Host: api.test',
      'X-Forwarded-Proto: http',
      'X-Forwarded-For: 192.0.2.7',
      ...more,
    ])
  assert.match(await ask('GET', '/notes?limit=2'), /^HTTP\/1\.1 204 [^]*\r\nX-Env: prod\r\n/)
  assert.match(await ask('HEAD', '/notes'), /^HTTP\/1\.1 204 /)
  assert.match(await ask('POST', '/notes', json), /^HTTP\/1\.1 204 /)
  assert.match(await ask('POST', '/notes'), /^HTTP\/1\.1 400 [^]*"issue":"required"/)
  assert.match(await ask('GET', '/notes?limit=x'), /^HTTP\/1\.1 400 [^]*"field":"limit"/)
  assert.match(await ask('GET', 'notes'), /^HTTP\/1\.1 400 [^]*X-Forwarded-Uri/)
  assert.match(await ask('GET', '/notes', 'X-Forwarded-Uri: /secret'), /^HTTP\/1\.1 400 /)
  assert.match(await ask('get', '/notes'), /^HTTP\/1\.1 400 [^]*X-Forwarded-Method/)
  assert.match(await ask('GET', `/${'a'.repeat(9_000)}`), /^HTTP\/1\.1 400 [^]*longer/)
})

const question = [
  'GET /.concordat/auth',
  'X-Forwarded-Method: GET',
  'X-Forwarded-Uri: /notes',
  'X-Forwarded-Host: api.test',
  'X-Forwarded-For: 192.0.2.7',
]

const nameOf = (line: string): string => line.split(':', 1)[0]!

/** The question with other fields in place of its own of their names. */
function asking(...fields: string[]): string[] {
  const names = new Set(fields.map(nameOf))
  return [...question.filter((line) => !names.has(nameOf(line))), ...fields]
}

const hostile: readonly [says: string, head: string[], want: RegExp][] = [
  ['no method', question.filter((line) => !line.includes('Method')), / 400 /],
  ['two methods', asking('X-Forwarded-Method: GET', 'X-Forwarded-Method: GET'), / 400 /],
  ['a list of methods', asking('X-Forwarded-Method: GET, POST'), / 400 /],
  ['TRACE', asking('X-Forwarded-Method: TRACE'), / 405 /],
  ['no path', question.filter((line) => !line.includes('Uri')), / 400 /],
  ['two paths', asking('X-Forwarded-Uri: /notes', 'x-forwarded-uri: /notes'), / 400 /],
  ['an absolute URL', asking('X-Forwarded-Uri: http://api.test/notes'), / 400 /],
  ['two slashes', asking('X-Forwarded-Uri: //api.test/notes'), / 400 /],
  ['a fragment', asking('X-Forwarded-Uri: /notes#/secret'), / 400 /],
  ['a backslash', asking('X-Forwarded-Uri: /notes\\..\\secret'), / 400 /],
  ['dots', asking('X-Forwarded-Uri: /secret/../notes'), / 400 /],
  ['escaped dots', asking('X-Forwarded-Uri: /secret/%2e%2e/notes'), / 400 /],
  ['a space', asking('X-Forwarded-Uri: /notes HTTP/1.1'), / 400 /],
  ['an asterisk', asking('X-Forwarded-Uri: *'), / 400 /],
  ['two hosts', asking('X-Forwarded-Host: api.test', 'X-Forwarded-Host: api.test'), / 400 /],
  ['a host with a path', asking('X-Forwarded-Host: api.test/a'), / 400 /],
  ['an underscore', asking('X_Forwarded_Uri: /secret'), / 400 /],
  ['a method of its own', asking('X-HTTP-Method-Override: DELETE'), / 204 /],
  ['HEAD', asking('X-Forwarded-Method: HEAD'), / 204 /],
  [
    'HEAD of nothing',
    asking('X-Forwarded-Method: HEAD', 'X-Forwarded-Uri: /other'),
    / 404 [^]*\}\}$/,
  ],
  ['a preflight', asking('X-Forwarded-Method: OPTIONS'), / 204 [^]*\r\nAllow: /],
  ['asked itself', asking('X-Forwarded-Uri: /.concordat/auth'), / 404 /],
]

test('a question that could be read in two ways is refused, and any other is about what it says', async (t) => {
  const gateway = await gatewayOf(t, { contract, config, to: ['http://127.0.0.1:9'] })
  for (const [says, head, want] of hostile) {
    assert.match(await exchanged(gateway, head), want, says)
  }
})

test('who asks by HEAD gets the head of the answer, and no byte behind it', async (t) => {
  const gateway = await gatewayOf(t, { contract, config, to: ['http://127.0.0.1:9'] })
  for (const path of ['/.concordat/auth', '/.concordat/auth/nginx']) {
    for (const method of ['HEAD', 'GET']) {
      const fields = asking('X-Forwarded-Uri: /other', `X-Forwarded-Method: ${method}`)
      const head = [`HEAD ${path}`, ...fields.slice(1)]
      assert.match(await exchanged(gateway, head), /^HTTP\/1\.1 40[34] [^]*\r\n\r\n$/)
    }
  }
})

test('limits count the client that the hop saw, whatever that client says of itself', async (t) => {
  const gateway = await gatewayOf(t, { contract, config, to: ['http://127.0.0.1:9'] })
  const post = (from: string) =>
    exchanged(
      gateway,
      asking(
        `X-Forwarded-For: ${from}`,
        'X-Forwarded-Method: POST',
        'Forwarded: for=192.0.2.200',
        json,
      ),
    )
  assert.match(await post('192.0.2.7'), / 204 /)
  assert.match(await post('198.51.100.1, 192.0.2.7'), / 204 /)
  assert.match(await post('198.51.100.2, 192.0.2.7'), / 429 /)
  assert.match(await post('192.0.2.8'), / 204 /)
})

test('whoever is no trusted hop finds nothing there, and without the setting nobody does', async (t) => {
  const head = ['GET /.concordat/auth', 'X-Forwarded-Method: GET', 'X-Forwarded-Uri: /notes']
  for (const other of [
    config.replace('127.0.0.1', '192.0.2.1'),
    config.replace('forwardAuth: true', ''),
  ]) {
    const gateway = await gatewayOf(t, { contract, config: other, to: ['http://127.0.0.1:9'] })
    assert.match(await exchanged(gateway, head), /^HTTP\/1\.1 404 /)
  }
})

test('nobody could ask where no hop is trusted: that is an error of the configuration', async (t) => {
  const text = config.replace('trustedHops: [127.0.0.1]', '')
  await assert.rejects(
    gatewayOf(t, { contract, config: text, to: ['http://127.0.0.1:9'] }),
    /nobody could ask: name in 'trustedHops' which proxies do/,
  )
})
