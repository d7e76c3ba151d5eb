import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsWith } from '../base.ts'
import { limitsOfThread, type RoomAsked, roomNotice } from './room.ts'

const asked = (connectionsMax: number, endpoints: number): RoomAsked => {
  const endpoint = { host: '127.0.0.1', port: 1, basePath: '' }
  const upstream = {
    name: 'a',
    endpoints: Array.from({ length: endpoints }, () => endpoint),
    preserveHost: false,
  }
  return { limits: limitsWith({ connectionsMax }), upstreams: [upstream] }
}

const machine = (max: number | undefined) => ({ max, open: () => undefined })

test('connections are as many as configured, or as fit, and that is said', () => {
  type Row = [says: string, asked: RoomAsked, max: number | undefined, want: number]
  const rows: Row[] = [
    ['no bound', asked(500_000, 9), undefined, 500_000],
    ['much room', asked(20_000, 1), 1_048_576, 20_000],
    ['little room', asked(20_000, 1), 20_000, 18_464],
    ['two endpoints', asked(20_000, 2), 20_000, 17_952],
  ]
  for (const [says, room, max, want] of rows) {
    assert.equal(limitsOfThread(room, 2, machine(max)).connectionsMax, want, says)
    const notice = roomNotice(room, machine(max))
    assert.equal(notice !== undefined, want !== room.limits.connectionsMax, says)
  }
  const text = roomNotice(asked(20_000, 2), machine(20_000))
  assert.match(text ?? '', /^connectionsMax is 17,952 instead of 20,000: .* 20,000 descriptors/)
})

test('a bound of connections to an endpoint is of all threads together', () => {
  const { limits } = asked(20_000, 1)
  const rows: [threads: number, connections: number, queue: number][] = [
    [1, 512, 1_024],
    [2, 256, 512],
    [3, 171, 342],
  ]
  for (const [threads, connections, queue] of rows) {
    const ofThread = limitsOfThread({ limits, upstreams: [] }, threads, machine(undefined))
    assert.equal(ofThread.endpointConnectionsMax, connections)
    assert.equal(ofThread.endpointQueueMax, queue)
  }
})
