// Bounds of the gateway as a whole, held by workers that know nothing of each other but a few cells.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { bundleOf } from '../../test/gateway.ts'
import { Occupancy } from '../base.ts'
import { SharedOccupancy } from './shared-occupancy.ts'
import { startGateway } from './threads.ts'

const contract = `
openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes: { get: { responses: { '200': { description: ok } } } }
`

async function firstBytes(port: number): Promise<[Socket, string]> {
  const socket = connect({ host: '127.0.0.1', port })
  // Answered 404 by whoever takes the connection, and refused without having been asked.
  socket.write('GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n')
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  return [socket, bytes.toString('latin1').slice(9, 12)]
}

test('two workers let in as many as one would', async (t) => {
  const config = 'audience: internal\nlimits: { connectionsMax: 8 }\n'
  const gateway = await startGateway({
    bundle: bundleOf({ contract, config, to: ['http://127.0.0.1:1'] }),
    listen: [{ host: '127.0.0.1', port: 0 }],
    log: { access: 'off', redact: [] },
    workers: 2,
    bug: assert.ifError,
  })
  assert.ok(!('problem' in gateway))
  t.after(() => gateway.close(0))
  const statuses: string[] = []
  for (let i = 0; i < 12; i++) {
    const [socket, status] = await firstBytes(gateway.port)
    t.after(() => socket.destroy())
    statuses.push(status)
  }
  assert.deepEqual(statuses, [...Array<string>(8).fill('404'), ...Array<string>(4).fill('503')])
})

test('what a worker held is given back when it has ended', () => {
  const shared = new SharedOccupancy(2, () => 0.5)
  const [one, two] = [1, 2].map((number) => new Occupancy(shared.share(number, 2)!))
  for (const each of [one!, two!]) {
    each.note('connections', 3)
    each.noteAddress('::1', 3)
  }
  shared.ended(2)
  assert.deepEqual([one!.total('connections'), one!.ofAddress('::1')], [3, 3])
})

test('a worker too many counts by itself', () => {
  const shared = new SharedOccupancy(2, () => 0.5)
  assert.equal(shared.share(1_000, 2), undefined)
  shared.ended(1_000)
})
