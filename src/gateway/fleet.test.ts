// Workers that end, hang or never begin, and what the gateway makes of it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { bundleOf, exchanged } from '../../test/gateway.ts'
import { systemClock } from '../base.ts'
import { startFleet } from './fleet.ts'
import type { Gateway, GatewaySettings } from './gateway-types.ts'

const real = JSON.stringify(new URL('./worker.ts', import.meta.url).href)

const program = (text: string): URL => new URL(`data:text/javascript,${encodeURIComponent(text)}`)

/** The real worker, and in it somebody who does harm when told to. */
const fragile = (channel: string): URL =>
  program(`
    import { workerData } from 'node:worker_threads'
    const harms = {
      exit: () => process.exit(3),
      throw: () => setImmediate(() => { throw new Error('boom') }),
      hang: () => { for (;;); },
      memory: () => { const kept = []; for (;;) kept.push({ a: [kept.length] }) },
    }
    const channel = new BroadcastChannel(${JSON.stringify(channel)})
    channel.onmessage = ({ data }) => { if (data.thread === workerData.thread) harms[data.harm]() }
    await import(${real})`)

const contract = (path: string) => `
openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  ${path}: { get: { operationId: read, responses: { '200': { description: ok } } } }
`

/** Everybody would be refused, so that there is something to tell of each request. */
const config = 'audience: internal\npolicies: { ip: { mode: shadow, deny: [127.0.0.1] } }\n'

async function openFleet(t: TestContext, workers: number, url: URL, dealt = false) {
  const service = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close())
  const to = [`http://127.0.0.1:${(service.address() as AddressInfo).port}`]
  const settings = (path: string): GatewaySettings => ({
    bundle: bundleOf({ contract: contract(path), config, to }),
    listen: [{ host: '127.0.0.1', port: 0 }],
    log: { access: 'off', redact: [] },
    workers,
  })
  const warnings: string[] = []
  const warn = (sentence: string) => warnings.push(sentence)
  const tools = { clock: systemClock, bug: assert.ifError, warn, program: url, dealt }
  const started = await startFleet(settings('/notes'), tools)
  if (!('problem' in started)) t.after(() => started.close(0))
  return { warnings, settings, started }
}

/** Threads take their time: the runner's own bound on a test ends the waiting. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5)
}

async function openGateway(
  t: TestContext,
  workers: number,
  url = new URL(JSON.parse(real)),
  dealt = false,
) {
  const { started, ...rest } = await openFleet(t, workers, url, dealt)
  assert.ok(!('problem' in started), 'problem' in started ? started.problem : '')
  return { gateway: started, ...rest }
}

/** The status of a reply on a connection of its own; empty where it broke. */
const statusOf = async (gateway: Gateway, path = '/notes'): Promise<string> =>
  (await exchanged(gateway.port, [`GET ${path}`]).catch(() => '')).slice(9, 12)

const serving = (gateway: Gateway): number =>
  (gateway.ready().details as { workers: { serving: number } }).workers.serving

const allServe = (gateway: Gateway, count: number) => eventually(() => serving(gateway) === count)

for (const [harm, says] of [
  ['exit', /a worker ended with exit code 3; another takes its place$/],
  ['throw', /a worker ended: Error: boom; another takes its place$/],
  ['hang', /a worker ended: its event loop stood still; another takes its place$/],
] as const) {
  test(`of two workers one that meets ${harm} is replaced, and the other serves on`, async (t) => {
    const name = `fleet ${harm}`
    const { warnings, gateway } = await openGateway(t, 2, fragile(name))
    const channel = new BroadcastChannel(name)
    t.after(() => channel.close())
    await allServe(gateway, 2)
    channel.postMessage({ thread: 1, harm })
    await eventually(() => serving(gateway) === 1)
    assert.equal(gateway.ready().ready, true)
    await allServe(gateway, 2)
    assert.equal(warnings.length, 1)
    assert.match(warnings[0]!, says)
    for (let i = 0; i < 20; i++) assert.equal(await statusOf(gateway), '200')
  })
}

test('a gateway without any worker is not ready until there is one again', async (t) => {
  const name = 'fleet alone'
  const { gateway } = await openGateway(t, 1, fragile(name))
  const channel = new BroadcastChannel(name)
  t.after(() => channel.close())
  channel.postMessage({ thread: 1, harm: 'exit' })
  await eventually(() => !gateway.ready().ready)
  await eventually(() => gateway.ready().ready)
  assert.equal(await statusOf(gateway), '200')
})

test('what a worker has told of policies in shadow stays when it ends', async (t) => {
  const name = 'fleet shadow'
  const { gateway } = await openGateway(t, 1, fragile(name))
  const channel = new BroadcastChannel(name)
  t.after(() => channel.close())
  await statusOf(gateway)
  const refused = async () => (await gateway.shadows()).policies.map((one) => one.refused)
  assert.deepEqual(await refused(), [1])
  const { requestId } = (await gateway.shadows()).policies[0]!.rows[0]!
  assert.equal((await gateway.recall(requestId))?.shadows[0]?.fault, 'ADDRESS_DENIED')
  channel.postMessage({ thread: 1, harm: 'exit' })
  await eventually(() => !gateway.ready().ready)
  assert.deepEqual(await refused(), [1])
  await eventually(() => gateway.ready().ready)
  await statusOf(gateway)
  assert.deepEqual(await refused(), [2])
  // What it kept of single exchanges went with it.
  assert.equal(await gateway.recall(requestId), undefined)
})

for (const [says, text, want] of [
  ['throws', "throw new Error('boom')", /^the gateway did not start: a worker ended: Error: boom$/],
  ['exits', 'process.exit(3)', /^the gateway did not start: a worker ended with exit code 3$/],
] as const) {
  test(`a gateway whose workers ${says} at the start is a problem`, async (t) => {
    const { started } = await openFleet(t, 2, program(text))
    assert.match('problem' in started ? started.problem : '', want)
  })
}

test('a gateway whose workers can no longer be started has died, and says why', async (t) => {
  const { warnings, gateway } = await openGateway(
    t,
    1,
    program(`
      const channel = new BroadcastChannel('fleet dying')
      channel.onmessage = () => process.exit(5)
      if (process.env.FLEET_DYING === 'yes') process.exit(4)
      await import(${real})`),
  )
  const channel = new BroadcastChannel('fleet dying')
  t.after(() => channel.close())
  process.env['FLEET_DYING'] = 'yes'
  t.after(() => delete process.env['FLEET_DYING'])
  channel.postMessage('end')
  assert.match(await gateway.died, /^no worker can be started: a worker ended with exit code 4$/)
  assert.equal(gateway.ready().ready, false)
  assert.match(warnings[0]!, /exit code 5; another takes its place/)
})

for (const dealt of [false, true]) {
  const how = dealt ? 'that get their connections dealt' : 'that listen'

  test(`workers ${how} all take a new bundle, or none does`, async (t) => {
    const { gateway, settings } = await openGateway(
      t,
      2,
      new URL('./worker.ts', import.meta.url),
      dealt,
    )
    await allServe(gateway, 2)
    assert.equal(await gateway.apply(settings('/others')), undefined)
    for (let i = 0; i < 10; i++) {
      assert.equal(await statusOf(gateway, '/others'), '200')
      assert.equal(await statusOf(gateway), '404')
    }
    const broken = { ...settings('/broken'), bundle: new Uint8Array([123]) }
    const refused = await gateway
      .apply(broken)
      .catch((error: Error) => ({ problem: error.message }))
    assert.ok(refused?.problem)
    for (let i = 0; i < 10; i++) assert.equal(await statusOf(gateway, '/others'), '200')
  })

  test(`workers ${how} are renewed without a lost connection`, async (t) => {
    const { gateway, settings } = await openGateway(
      t,
      2,
      new URL('./worker.ts', import.meta.url),
      dealt,
    )
    await allServe(gateway, 2)
    const renewing = new AbortController()
    const statuses = new Map<string, number>()
    const client = async () => {
      while (!renewing.signal.aborted) {
        const status = await statusOf(gateway)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    const clients = Array.from({ length: 8 }, client)
    for (const workers of [3, 1, 2]) {
      const next = { ...settings('/notes'), workers }
      assert.equal(await gateway.apply(next), undefined)
      assert.equal(serving(gateway), workers)
    }
    renewing.abort()
    await Promise.all(clients)
    assert.deepEqual([...statuses.keys()], ['200'])
  })
}

test('a connection at rest while workers are renewed is told with its next reply', async (t) => {
  const { gateway, settings } = await openGateway(t, 1)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const asked = async () => {
    const [reply] = await once(get({ port: gateway.port, path: '/notes', agent }), 'response')
    const { statusCode, headers, socket } = reply as IncomingMessage
    const { localPort } = socket
    await once((reply as IncomingMessage).resume(), 'end')
    return [statusCode, headers.connection, localPort]
  }
  const [, , port] = await asked()
  assert.equal(await gateway.apply({ ...settings('/notes'), workers: 2 }), undefined)
  assert.deepEqual(await asked(), [200, 'close', port])
})

test('another port is taken over whole, or the old one stays', async (t) => {
  const { gateway, settings } = await openGateway(t, 2)
  const before = gateway.port
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const listen = [{ host: '127.0.0.1', port }]
  const refused = await gateway.apply({ ...settings('/notes'), listen })
  assert.match(refused!.problem, /in use by another program$/)
  assert.equal(gateway.port, before)
  assert.equal(await statusOf(gateway), '200')
  await new Promise((resolve) => taken.close(resolve))
  assert.equal(await gateway.apply({ ...settings('/notes'), listen }), undefined)
  assert.equal(gateway.port, port)
  assert.equal(await statusOf(gateway), '200')
})

test('a draining gateway is not ready, still serves, and a closed one does not', async (t) => {
  const { gateway } = await openGateway(t, 2)
  const { port } = gateway
  gateway.drain()
  assert.equal(gateway.ready().ready, false)
  assert.equal(await statusOf(gateway), '200')
  await gateway.close()
  await assert.rejects(exchanged(port, ['GET /notes']), /ECONNREFUSED/)
})
