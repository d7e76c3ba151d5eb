// What workers do together, though no request makes them speak to each other: limit and count.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { bundleOf, exchanged } from '../../test/gateway.ts'
import { systemClock } from '../base.ts'
import { startFleet } from './fleet.ts'
import type { GatewaySettings } from './gateway-types.ts'

/** The real worker, which ends when it hears its number. */
const mortal = (channel: string): URL => {
  const worker = JSON.stringify(new URL('./worker.ts', import.meta.url).href)
  const text = `
    import { workerData } from 'node:worker_threads'
    const channel = new BroadcastChannel(${JSON.stringify(channel)})
    channel.onmessage = ({ data }) => { if (data === workerData.thread) process.exit(3) }
    await import(${worker})`
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`)
}

const burstMax = 20

const contract = `
openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /free: { get: { responses: { '200': { description: ok } } } }
  /limited:
    get:
      x-concordat:
        policies:
          limit: { requestsMax: 1, windowMs: 86400000, burstMax: ${burstMax}, addressesMax: 1000 }
      responses: { '200': { description: ok } }
`

async function openFleet(t: TestContext, program: URL) {
  const service = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => service.close())
  const to = [`http://127.0.0.1:${(service.address() as AddressInfo).port}`]
  const settings: GatewaySettings = {
    bundle: bundleOf({ contract, config: 'audience: internal\n', to }),
    listen: [{ host: '127.0.0.1', port: 0 }],
    log: { access: 'off', redact: [] },
    workers: 2,
  }
  // Connections are dealt in turn: else the kernel might give one worker all of them.
  const tools = { clock: systemClock, bug() {}, warn() {}, program, dealt: true }
  const gateway = await startFleet(settings, tools)
  assert.ok(!('problem' in gateway))
  t.after(() => gateway.close(0))
  const details = () => gateway.ready().details as { workers: { serving: number } }
  const served = async (): Promise<void> => {
    while (details().workers.serving < 2) await pause(5)
  }
  await served()
  const statuses = async (path: string, times: number): Promise<string[]> =>
    Promise.all(
      Array.from({ length: times }, async () =>
        (await exchanged(gateway.port, [`GET ${path}`])).slice(9, 12),
      ),
    )
  return { gateway, served, settings, statuses }
}

async function scraped(gateway: Awaited<ReturnType<typeof openFleet>>['gateway']) {
  let text = ''
  for await (const piece of gateway.metrics()) text += piece
  return {
    value: (start: string) =>
      text
        .split('\n')
        .filter((line) => line.startsWith(start))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0),
  }
}

const passed = (statuses: readonly string[]) => statuses.filter((one) => one === '200').length

test('workers limit an address together, and go on where a dead one and a swap left it', async (t) => {
  const name = 'fleet limits'
  const channel = new BroadcastChannel(name)
  t.after(() => channel.close())
  const { gateway, served, settings, statuses } = await openFleet(t, mortal(name))
  assert.equal(passed(await statuses('/limited', burstMax / 2)), burstMax / 2)
  channel.postMessage(1)
  while (gateway.ready().ready && (await scraped(gateway)).value('concordat_workers ') === 2);
  await served()
  assert.equal(await gateway.apply({ ...settings, bundle: settings.bundle.slice() }), undefined)
  const rest = await statuses('/limited', burstMax)
  assert.equal(passed(rest), burstMax / 2)
  assert.equal(rest.filter((status) => status === '429').length, burstMax / 2)
})

test('a scrape sums what workers count, and loses nothing of one that ends', async (t) => {
  const name = 'fleet counts'
  const channel = new BroadcastChannel(name)
  t.after(() => channel.close())
  const { gateway, served, statuses } = await openFleet(t, mortal(name))
  assert.equal(passed(await statuses('/free', 10)), 10)
  // A client may have its reply a moment before it is recorded.
  const counted = async (wanted: number): Promise<number> => {
    const now = (await scraped(gateway)).value('http_server_request_duration_seconds_count{')
    return now < wanted ? counted(wanted) : now
  }
  assert.equal(await counted(10), 10)
  const before = await scraped(gateway)
  assert.equal(before.value('concordat_workers '), 2)
  for (const thread of ['main', '1', '2']) {
    assert.ok(before.value(`nodejs_heap_used_bytes{thread="${thread}"}`) > 0, thread)
  }
  channel.postMessage(2)
  while ((await scraped(gateway)).value('concordat_worker_restarts_total{cause="exit"}') === 0);
  await served()
  assert.equal(await counted(0), 10)
  assert.equal(passed(await statuses('/free', 6)), 6)
  assert.equal(await counted(16), 16)
})
