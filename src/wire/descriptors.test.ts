import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  countDescriptors,
  fittingConnections,
  refusalsMax,
  socketsMax,
  systemDescriptors,
} from './descriptors.ts'

test('how many client connections fit beside those to endpoints', () => {
  type Row = [
    says: string,
    wanted: number,
    endpoints: number,
    max: number | undefined,
    want: number,
  ]
  const rows: Row[] = [
    ['no bound', 1_000_000, 1_000_000, undefined, 1_000_000],
    ['room for all', 20_000, 1_024, 65_536, 20_000],
    ['endpoints leave less', 20_000, 1_024, 20_000, 17_952],
    ['endpoints get half at most', 20_000, 1_000_000, 20_000, 9_488],
    ['few descriptors', 20_000, 512, 256, 80],
    ['very few descriptors', 20_000, 512, 64, 16],
  ]
  for (const [says, wanted, endpoints, max, want] of rows) {
    const descriptors = { max, open: () => undefined }
    assert.equal(fittingConnections(wanted, endpoints, descriptors), want, says)
    assert.ok(socketsMax(descriptors) >= want, says)
  }
})

test(
  'the machine says how many there may be, and are',
  { skip: process.platform !== 'linux' },
  () => {
    const { max } = systemDescriptors()
    const count = countDescriptors()
    assert.ok(max === undefined || max >= 64)
    assert.ok(count !== undefined && count > 3)
  },
)

test('refusals linger within the reserve, whatever the number of threads', () => {
  const rows: [max: number | undefined, threads: number, want: number][] = [
    [undefined, 64, 64],
    [20_000, 1, 64],
    [20_000, 16, 16],
    [160, 2, 10],
    [64, 8, 4],
  ]
  for (const [max, threads, want] of rows) {
    assert.equal(refusalsMax({ max, open: () => undefined }, threads), want)
  }
})
