// A gateway before an endpoint that speaks HTTP/2 frame by frame, in the hands of a test.
import type { TestContext } from 'node:test'
import { FrameEnd } from '../../test/frame-end.ts'
import { RawEndpoint } from '../../test/raw-peer.ts'
import { ask, openRelay, type RelayOptions } from './relay-for-tests.ts'

export async function relayTo(t: TestContext, options: RelayOptions = {}) {
  const endpoint = await RawEndpoint.open()
  t.after(() => endpoint.close())
  const place = { host: '127.0.0.1', port: endpoint.port, basePath: '', http: 2 } as const
  const relay = await openRelay(t, { ...options, upstream: { endpoints: [place] } })
  const next = async () => new FrameEnd(await endpoint.next())
  return { ...relay, next, endpoint }
}

/** A relay with one request under way. */
export async function asking(t: TestContext, options: RelayOptions = {}) {
  const relay = await relayTo(t, options)
  const client = await relay.sent(ask('GET /a'))
  const end = await relay.next()
  end.greet()
  return { ...relay, client, end, id: await end.asked() }
}
