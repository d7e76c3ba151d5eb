// What signals mean to the program: SIGHUP puts in force what is written, SIGTERM ends it so that
// load balancers notice, SIGINT without waiting for them, and whoever asks twice does not wait.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { folderWith } from './folder.ts'

const bin = join(import.meta.dirname, '..', 'bin', 'concordat')

/** What never comes must not hold the run. */
const bounded = { timeout: 60_000, skip: process.platform === 'win32' && 'no such signals' }

const contractWith = (...paths: string[]): string =>
  `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
${paths.map((path) => `  ${path}: { get: { responses: { '200': { description: ok } } } }\n`).join('')}`

interface Service {
  readonly url: string
  /** Resolves with the reply of a request that is to be answered by hand. */
  readonly held: Promise<ServerResponse>
}

async function startService(t: TestContext): Promise<Service> {
  const held = Promise.withResolvers<ServerResponse>()
  const server = createServer((request, response) => {
    if (request.url === '/held') held.resolve(response)
    else response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, held: held.promise }
}

/** A program that runs, and what it says on one of its streams. */
async function started(t: TestContext, args: readonly string[]) {
  const service = await startService(t)
  const folder = folderWith(t, {
    'notes.yaml': contractWith('/notes', '/held'),
    'concordat.yaml': `contract: notes.yaml
log: { access: off }
drain: { noticeMs: 300000, timeoutMs: 30000 }
workers: 2
`,
  })
  const ports = ['--port', '0', '--admin-port', '0']
  const child = spawn(process.execPath, [bin, 'run', '--to', service.url, ...ports, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], CONCORDAT_CACHE: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  return {
    child,
    folder,
    service,
    hears: hearing(args.includes('--json') ? child.stdout : child.stderr),
  }
}

/** Waits until the stream has said something. */
function hearing(stream: Readable): (what: RegExp) => Promise<RegExpExecArray> {
  let text = ''
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  return async (what) => {
    for (;;) {
      const found = what.exec(text)
      if (found !== null) return found
      await once(stream, 'data')
    }
  }
}

async function exitOf(child: ChildProcess): Promise<unknown[]> {
  return child.exitCode === null ? once(child, 'exit') : [child.exitCode, child.signalCode]
}

test(
  'SIGHUP puts in force what is written, whether files are watched or not',
  bounded,
  async (t) => {
    const { child, folder, hears } = await started(t, ['--json', '--no-watch'])
    const [, url] = await hears(/"url":"(.*?)"/)
    writeFileSync(join(folder, 'notes.yaml'), contractWith('/notes', '/more'))
    child.kill('SIGHUP')
    await hears(/"reload":"applied".*"more":1,"less":1/)
    assert.equal((await fetch(`${url}/more`)).status, 200)
    assert.equal((await fetch(`${url}/held`)).status, 404)
    writeFileSync(join(folder, 'notes.yaml'), 'openapi: [\n')
    child.kill('SIGHUP')
    await hears(/"reload":"refused"/)
    assert.equal((await fetch(`${url}/more`)).status, 200)
    child.kill('SIGINT')
    assert.deepEqual(await exitOf(child), [0, null])
  },
)

test(
  'SIGTERM: not ready at once, still served for a while, and again to force',
  bounded,
  async (t) => {
    const { child, hears } = await started(t, ['--json'])
    const [, url, adminUrl] = await hears(/"url":"(.*?)","adminUrl":"(.*?)"/)
    child.kill('SIGTERM')
    while ((await fetch(`${adminUrl}/readyz`)).status !== 503) await delay(10)
    const reply = await fetch(`${url}/notes`)
    assert.deepEqual([reply.status, reply.headers.get('connection')], [200, 'close'])
    while (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await delay(50)
    }
    // Whoever asks once more ends the exit itself, where that takes its time.
    const ended = `${child.exitCode} ${child.signalCode}`
    assert.ok(ended === '1 null' || ended === 'null SIGTERM', ended)
  },
)

test('SIGINT: nothing new is taken, and what is under way ends', bounded, async (t) => {
  const { child, hears, service } = await started(t, [])
  const [, url] = await hears(/^Notes +(\S+)[\s\S]*revision/m)
  const reply = fetch(`${url}/held`)
  const held = await service.held
  child.kill('SIGINT')
  await hears(/^stopping: 1 exchange under way, at most 30 s; again to force\n/m)
  held.end('{}')
  assert.equal((await reply).status, 200)
  assert.deepEqual(await exitOf(child), [0, null])
})

test('a console that nobody reads any more ends nothing', bounded, async (t) => {
  const { child, hears } = await started(t, [])
  const [, adminUrl] = await hears(/^admin +(\S+)[\s\S]*revision/m)
  child.stderr.destroy()
  for (const count of [1, 2]) {
    child.kill('SIGHUP')
    const done = new RegExp(`^concordat_reloads_total\\{outcome="unchanged"\\} ${count}$`, 'm')
    while (!done.test(await (await fetch(`${adminUrl}/metrics`)).text())) await delay(10)
  }
  child.kill('SIGINT')
  assert.deepEqual(await exitOf(child), [0, null])
})
