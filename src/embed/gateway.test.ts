// A gateway as a host program holds it: what it refuses, how it listens, changes and ends, and that
// it leaves the host alone.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, Socket } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { promisify } from 'node:util'
import { makeCertificate } from '../../test/certificates.ts'
import { folderWith } from '../../test/folder.ts'
import { eventually, Peer } from '../../test/raw-peer.ts'
import { ConfigurationError, createGateway, type GatewayOptions } from '../embed.ts'
import { asked, notesContract, post, served, textOf } from './embedded-for-tests.ts'
import { runtimeProblem } from './runtime-problem.ts'

const ok: GatewayOptions['to'] = (_, response) => void response.end('ok')

const refusals: [says: string, options: (contract: string) => GatewayOptions, want: RegExp][] = [
  [
    'a contract that is not there',
    () => ({ contract: 'absent.yaml', to: ok }),
    /absent\.yaml:1:1 error .*absent\.yaml does not exist/,
  ],
  ['nowhere to send requests', (contract) => ({ contract }), / error no upstream/],
  [
    'an address that is none, with its place',
    (contract) => ({ contract, to: 'nonsense' }),
    /^ {2}to error 'nonsense' is not an address/m,
  ],
  [
    'what is neither an address nor a program',
    (contract) => ({ contract, to: createServer() as never }),
    /^ {2}to error neither addresses, nor a request listener/m,
  ],
  [
    'an unknown setting, by its key',
    (contract) => ({ contract, to: ok, config: { limits: { bodyBytesMaz: 1 } } as never }),
    /^ {2}config\.limits(\.bodyBytesMaz)? error unknown key 'bodyBytesMaz' \(did you mean 'bodyBytesMax'\?\)/m,
  ],
  [
    'a setting that is no data',
    (contract) => ({ contract, to: ok, config: { listen: { host: () => 'x' } } as never }),
    /^ {2}config\.listen\.host error .*a function/m,
  ],
]

for (const [says, options, want] of refusals) {
  test(`${says} is refused with all its problems`, async (t) => {
    const folder = folderWith(t, { 'notes.yaml': notesContract })
    await assert.rejects(createGateway(options(join(folder, 'notes.yaml'))), (error) => {
      assert.ok(error instanceof ConfigurationError)
      assert.ok(error.problems.some(({ severity }) => severity === 'error'))
      assert.match(error.message, want)
      return true
    })
  })
}

test('a configuration may be an object, with all that a file may say', async (t) => {
  const { url } = await served(t, { to: ok, config: { errors: { form: 'problem' } } })
  const refused = await post(url, { text: 1 })
  assert.equal(refused.headers['content-type'], 'application/problem+json')
})

test('requests may go to a service on another port', async (t) => {
  const service = createHttpServer((_, response) => response.end('elsewhere')).listen(0)
  await once(service, 'listening')
  t.after(() => service.close())
  const { port } = service.address() as { port: number }
  const { url } = await served(t, { to: `http://127.0.0.1:${port}` })
  assert.equal(await textOf(await asked(`${url}/notes`)), 'elsewhere')
})

test('a port that is taken is an error with its code, and may be asked for again', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const folder = folderWith(t, { 'notes.yaml': notesContract })
  const gateway = await createGateway({ contract: join(folder, 'notes.yaml'), to: ok, port })
  t.after(() => gateway.close())
  await assert.rejects(gateway.listen(), { code: 'EADDRINUSE', message: /the port is in use/ })
  other.close()
  await once(other, 'close')
  assert.equal((await gateway.listen()).port, port)
})

test('a changed contract is in force when it was asked for, and a refused one is not', async (t) => {
  const { gateway, url, folder } = await served(t, { to: ok })
  const file = join(folder, 'notes.yaml')
  assert.equal(await gateway.reload(), 'unchanged')
  const paths = notesContract.replace('/notes:', '/memos:')
  writeFileSync(file, paths)
  assert.equal(await gateway.reload(), 'applied')
  assert.equal((await asked(`${url}/memos`)).statusCode, 200)
  writeFileSync(file, paths.replace('type: object', 'type: nonsense'))
  await assert.rejects(gateway.reload(), (error) => {
    assert.ok(error instanceof ConfigurationError)
    const [problem] = error.problems
    assert.match(problem!.place.file, /notes\.yaml$/)
    assert.ok(problem!.place.line > 1)
    return true
  })
  assert.equal((await asked(`${url}/memos`)).statusCode, 200)
})

test('a watched file is in force by itself, and who reports hears why it is not', async (t) => {
  const reported: Error[] = []
  const { url, folder } = await served(t, {
    to: ok,
    watch: true,
    report: (error) => void reported.push(error),
  })
  const file = join(folder, 'notes.yaml')
  writeFileSync(file, notesContract.replace('type: object', 'type: nonsense'))
  await eventually('it is reported', () => reported.length > 0)
  assert.ok(reported[0] instanceof ConfigurationError)
  writeFileSync(file, notesContract.replace('/notes:', '/memos:'))
  let status = 0
  const ask = async () => {
    while (status !== 200) status = (await asked(`${url}/memos`)).statusCode!
  }
  await ask()
  assert.equal(status, 200)
})

test('two gateways live beside each other, each with its own', async (t) => {
  const one = await served(t, { to: (_, response) => void response.end('one') })
  const other = await served(t, { to: (_, response) => void response.end('other') })
  assert.equal(await textOf(await asked(`${one.url}/notes`)), 'one')
  await one.gateway.close()
  assert.equal(await textOf(await asked(`${other.url}/notes`)), 'other')
  const requests = /http_server_request_duration_seconds_count\{.*route="\/notes".*\} 1$/m
  assert.match(other.gateway.metrics(), requests)
})

test('each exchange is a line to who takes lines, and what he throws costs no exchange', async (t) => {
  const lines: string[] = []
  const reported: Error[] = []
  const { url } = await served(t, {
    to: ok,
    log(line) {
      lines.push(line)
      throw new Error('full')
    },
    report: (error) => void reported.push(error),
  })
  assert.equal(await textOf(await asked(`${url}/notes`)), 'ok')
  await eventually('it is logged', () => lines.length > 0)
  assert.equal(JSON.parse(lines[0]!).path, '/notes')
  assert.equal(reported[0]?.message, 'full')
})

test('it ends when exchanges under way have ended, and is not ready from then on', async (t) => {
  const answers: (() => void)[] = []
  const { gateway, url } = await served(t, {
    to: (_, response) => void answers.push(() => response.end('late')),
  })
  const reply = asked(`${url}/notes`)
  await eventually('it is asked', () => answers.length > 0)
  assert.equal(gateway.ready(), true)
  const closed = gateway.close()
  assert.equal(gateway.ready(), false)
  await assert.rejects(asked(`${url}/notes`), { code: 'ECONNREFUSED' })
  answers[0]!()
  assert.equal(await textOf(await reply), 'late')
  await closed
})

test('it listens once, and not after its end; what is handed over then is closed', async (t) => {
  const { gateway } = await served(t, { to: ok })
  await assert.rejects(gateway.listen(), /is listening already/)
  await gateway.close()
  await gateway.close()
  await assert.rejects(gateway.listen(), /is closed already/)
  await assert.rejects(gateway.reload(), /the gateway stops/)
  const socket = new Socket()
  gateway.adopt(socket)
  assert.ok(socket.destroyed)
})

test('who closes it while it begins to listen is left with no listener', async (t) => {
  const gateway = await adopting(t, ok)
  const listening = gateway.listen()
  await Promise.all([assert.rejects(listening, /is closed already/), gateway.close()])
})

test('whom it waits for too long it cuts', async (t) => {
  let isAsked = false
  const { gateway, url } = await served(t, {
    to: () => {
      isAsked = true
    },
  })
  const reply = asked(`${url}/notes`)
  await eventually('it is asked', () => isAsked)
  await Promise.all([
    gateway.close({ timeoutMs: 1 }),
    assert.rejects(reply, { code: 'ECONNRESET' }),
  ])
})

const request = 'GET /notes HTTP/1.1\r\nHost: a.test\r\n\r\n'

async function adopting(t: TestContext, to: GatewayOptions['to']) {
  const folder = folderWith(t, { 'notes.yaml': notesContract })
  const gateway = await createGateway({ contract: join(folder, 'notes.yaml'), to, port: 0 })
  t.after(() => gateway.close({ timeoutMs: 0 }))
  return gateway
}

for (const [says, options] of [
  ['as it comes', {}],
  ['paused, half-open', { pauseOnConnect: true, allowHalfOpen: true }],
] as const) {
  test(`a connection that the host accepted, ${says}, is served to its end`, async (t) => {
    const gateway = await adopting(t, ok)
    const server = createServer(options, (socket) => gateway.adopt(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const client = new Peer(connect((server.address() as { port: number }).port, '127.0.0.1'))
    client.send(request)
    client.finish()
    assert.match(await client.gone(), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/)
  })
}

test('what the host has looked at and put back is served', async (t) => {
  const gateway = await adopting(t, ok)
  const server = createServer((socket) => {
    socket.once('data', (first) => {
      socket.pause()
      socket.unshift(first)
      gateway.adopt(socket)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const client = new Peer(connect((server.address() as { port: number }).port, '127.0.0.1'))
  client.send(request)
  await client.until(/\r\n\r\nok$/)
  client.cut()
})

test('a connection of a TLS server of the host is served, and said to be https', async (t) => {
  const gateway = await adopting(t, (got, response) => {
    response.end(`${got.headers.forwarded} ${got.headers['x-forwarded-proto']}`)
  })
  const { cert, key } = makeCertificate({ names: ['a.test'] })
  const server = createTlsServer({ cert, key }, (socket) => gateway.adopt(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const client = new Peer(connectTls({ port, ca: cert, servername: 'a.test' }))
  client.send(request)
  await client.until(/proto=https;host=a\.test https$/)
  client.socket.destroy()
})

const run = promisify(execFile)

/** Runs a host program that may take no more than its own end. */
function host(t: TestContext, text: string) {
  const folder = folderWith(t, { 'notes.yaml': notesContract })
  const program = `
    import { createGateway } from ${JSON.stringify(new URL('../embed.ts', import.meta.url).href)}
    const settings = { contract: ${JSON.stringify(join(folder, 'notes.yaml'))}, port: 0 }
    const to = (request, response) => response.end('ok')
    ${text}`
  const args = ['--input-type=module', '--eval', program]
  return run(process.execPath, args, { cwd: folder, timeout: 60_000 })
}

test('nothing of the host is touched: it ends by itself, and nothing is said', async (t) => {
  const { stdout, stderr } = await host(
    t,
    `const before = process.eventNames().map((name) => [name, process.listenerCount(name)])
    const gateways = [await createGateway({ ...settings, to, watch: true }), await createGateway({ ...settings, to })]
    for (const gateway of gateways) {
      const { url } = await gateway.listen()
      await (await fetch(url + '/notes')).text()
    }
    const now = process.eventNames().map((name) => [name, process.listenerCount(name)])
    if (JSON.stringify(now) !== JSON.stringify(before)) console.log('listeners', now)
    for (const gateway of gateways) await gateway.close()`,
  )
  assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '' })
})

test('a gateway that does not listen holds no process, and one that is disposed of neither', async (t) => {
  await host(
    t,
    `await createGateway({ ...settings, to, watch: true })
    await using gateway = await createGateway({ ...settings, to })
    await gateway.listen()`,
  )
})

test('an older Node is told what it needs', () => {
  assert.equal(runtimeProblem('26.0.0'), undefined)
  assert.match(runtimeProblem('22.11.0')!, /needs Node 26 or newer, and this is Node 22\.11\.0/)
})
