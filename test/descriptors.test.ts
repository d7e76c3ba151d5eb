// The whole program with few descriptors: it keeps whom it has, answers whom it cannot take,
// and takes new ones again.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { folderWith } from './folder.ts'
import { Peer } from './raw-peer.ts'

const skip = process.platform === 'win32' ? 'there is no ulimit' : false

const bin = join(import.meta.dirname, '..', 'bin', 'concordat')
const descriptorsMax = 160
/** Half of what is left beside a reserve: the other half is for the endpoint. */
const connectionsMax = 40

const contract = `
openapi: 3.1.0
info: { title: Notes, version: '1' }
paths: { /notes: { get: { responses: { '200': { description: ok } } } } }
`
const request = 'GET /notes HTTP/1.1\r\nHost: a\r\n\r\n'

async function startProgram(t: TestContext) {
  const service = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close())
  const folder = folderWith(t, { 'notes.yaml': contract })
  const to = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const args = `run notes.yaml --to ${to} --port 0 --admin-port 0 --workers 2 --json`
  const limited = `ulimit -n ${descriptorsMax} && exec "${process.execPath}" "${bin}" ${args}`
  const child = spawn('sh', ['-c', limited], {
    cwd: folder,
    env: { PATH: process.env['PATH'], XDG_CACHE_HOME: join(folder, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
  })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { url, notice } = JSON.parse(line) as { url: string; notice: string }
  return { port: Number(new URL(url).port), notice, said: () => said }
}

function visit(t: TestContext, port: number): Peer {
  const socket = connect({ host: '127.0.0.1', port })
  t.after(() => socket.destroy())
  const peer = new Peer(socket)
  peer.send(request)
  return peer
}

/** Another process takes its time: the runner's own bound on a test ends the waiting. */
async function patiently(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5)
}

test(
  'with few descriptors it serves as many as fit and answers all others',
  { skip },
  async (t) => {
    const { port, notice, said } = await startProgram(t)
    assert.match(notice, /^connectionsMax is 40 instead of 20,000: .* 160 descriptors/)
    const clients = Array.from({ length: 200 }, () => visit(t, port))
    const answered = (status: number) =>
      clients.filter(({ received }) => received.startsWith(`HTTP/1.1 ${status}`))
    await patiently(() => answered(200).length + answered(503).length === 200)
    // Two workers may both find room for a last one.
    assert.ok([connectionsMax, connectionsMax + 1].includes(answered(200).length))
    assert.ok(answered(503).every(({ received, reset }) => received.endsWith('}') && !reset))
    const inside = answered(200)
    for (const one of inside) one.send(request)
    await patiently(() => inside.every(({ received }) => received.endsWith('hello')))
    for (const { socket } of clients) socket.destroy()
    let later = visit(t, port)
    await patiently(() => {
      // It may come before those before it have left.
      if (later.closed) later = visit(t, port)
      return later.received.startsWith('HTTP/1.1 200')
    })
    assert.doesNotMatch(said(), /EMFILE|Error/)
  },
)
