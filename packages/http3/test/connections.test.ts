// Connections over real packets: what resumes, and how many there may be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { served } from './served.ts'

test('nothing is served before the handshake is through: tickets resume, early data is not taken', async () => {
  const { client } = await served()
  const first = await client()
  await first.until(() => first.ticket !== undefined)
  const again = await client('localhost', { sessionTicket: first.ticket!, allow0Rtt: true })
  assert.equal((await again.ask({ method: 'POST', body: 'once' }).ended()).text, 'once')
  // What a server says of early data stands in the ticket: here it says nothing of it.
  assert.equal(first.ticket!.includes(Buffer.from('002a0004ffffffff', 'hex')), false)
})

test('an address has as many connections as it may', async () => {
  const { client, listener, occupancy } = await served({ limits: { connectionsPerAddressMax: 2 } })
  const one = await client()
  await client()
  assert.equal(occupancy.ofAddress('127.0.0.1'), 2)
  const third = client()
  while (listener.refusedConnections === 0) await new Promise((resolve) => setImmediate(resolve))
  await one.close()
  // It tries until there is room.
  assert.equal((await third).state, 'open')
})
