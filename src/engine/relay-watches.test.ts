// What watches keep of bodies counts among all that is held, and is let go with the exchange.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, openRelay, reply } from './relay-for-tests.ts'

const MB = 1_048_576

/** Keeps so many bytes and refuses nothing. */
const keeps = (heldBytes: number) => ({
  piece: () => undefined,
  end: () => undefined,
  heldBytes,
})

const limits = { heldBytesMax: MB }

test('a request is refused where a watch keeps more than there is room for', async (t) => {
  for (const [bytes, want] of [
    [MB, 200],
    [MB + 1, 503],
  ] as const) {
    const watches = [{ policy: 'keeps', watch: () => keeps(bytes) }]
    const relay = await openRelay(t, { limits, steps: { watches } })
    const client = await relay.sent(ask('POST /a', 'Transfer-Encoding: chunked') + '4\r\ngood\r\n')
    const upstream = await relay.endpoint.next()
    if (want === 200) {
      await upstream.until(/good/)
      assert.equal(relay.runtime.occupancy.total('heldBytes'), bytes)
      client.send('0\r\n\r\n')
      await upstream.until('0\r\n\r\n')
      upstream.send(reply('fine'))
    }
    await client.until(/\r\n\r\n/)
    assert.equal((await relay.record()).status, want)
    assert.equal(relay.runtime.occupancy.total('heldBytes'), 0)
    await relay.close()
  }
})

test('a reply is cut where a watch keeps more than there is room for, but not in shadow', async (t) => {
  for (const inShadow of [false, true]) {
    const check = { how: 'watch' as const, watch: keeps(MB + 1) }
    const verify = [{ policy: 'keeps', isShadow: inShadow, step: () => ({ check }) }]
    const relay = await openRelay(t, { limits, steps: { verify } })
    const client = await relay.sent(ask('GET /a'))
    const upstream = await relay.endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(reply('fine'))
    if (inShadow) await client.until('fine')
    assert.equal((await relay.record()).fault, inShadow ? undefined : 'OVERLOADED')
    await relay.close()
  }
})
