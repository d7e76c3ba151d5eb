import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsWith } from '../base.ts'
import { limitsThatFit, type RoomAsked, roomNotice } from './room.ts'

const asked = (connectionsMax: number, endpoints: number): RoomAsked => {
  const endpoint = { host: '127.0.0.1', port: 1, basePath: '' }
  const upstream = {
    name: 'a',
    endpoints: Array.from({ length: endpoints }, () => endpoint),
    preserveHost: false,
  }
  return { limits: limitsWith({ connectionsMax }), upstreams: [upstream] }
}

test('connections are as many as configured, or as fit, and that is said', () => {
  type Row = [
    says: string,
    asked: RoomAsked,
    threads: number,
    max: number | undefined,
    want: number,
  ]
  const rows: Row[] = [
    ['no bound', asked(500_000, 9), 8, undefined, 500_000],
    ['much room', asked(20_000, 1), 2, 1_048_576, 20_000],
    ['little room', asked(20_000, 1), 1, 20_000, 18_464],
    ['each thread has its pools', asked(20_000, 1), 2, 20_000, 17_952],
    ['this thread alone', asked(20_000, 1), 0, 20_000, 18_464],
  ]
  for (const [says, room, threads, max, want] of rows) {
    const descriptors = { max, open: () => undefined }
    assert.equal(limitsThatFit(room, threads, descriptors).connectionsMax, want, says)
    const notice = roomNotice(room, threads, descriptors)
    assert.equal(notice !== undefined, want !== room.limits.connectionsMax, says)
  }
  const text = roomNotice(asked(20_000, 1), 2, { max: 20_000, open: () => undefined })
  assert.match(text ?? '', /^connectionsMax is 17,952 instead of 20,000: .* 20,000 descriptors/)
})
