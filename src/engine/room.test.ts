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
  type Row = [says: string, asked: RoomAsked, max: number | undefined, want: number, said: boolean]
  const rows: Row[] = [
    ['no bound', asked(500_000, 9), undefined, 500_000, false],
    ['much room', asked(20_000, 1), 1_048_576, 20_000, false],
    ['a little less than the default', asked(20_000, 1), 20_000, 18_464, false],
    ['a little less than asked for', asked(19_999, 1), 20_000, 18_464, true],
    ['much less', asked(20_000, 2), 10_000, 7_952, true],
  ]
  for (const [says, room, max, want, said] of rows) {
    assert.equal(limitsOfThread(room, 2, machine(max)).connectionsMax, want, says)
    assert.equal(roomNotice(room, machine(max)) !== undefined, said, says)
  }
  const text = roomNotice(asked(20_000, 2), machine(10_000))
  assert.match(text ?? '', /^connectionsMax is 7,952 instead of 20,000: .* 10,000 descriptors/)
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
