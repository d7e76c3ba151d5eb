import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fateOf, type Latency, readLatency } from './trouble.ts'

const texts: [text: string, want: Latency | undefined][] = [
  ['100', { kind: 'between', leastMs: 100, mostMs: 100 }],
  ['50..200', { kind: 'between', leastMs: 50, mostMs: 200 }],
  ['p50=20,p99=400', { kind: 'tail', p50Ms: 20, p99Ms: 400 }],
  ['200..50', undefined],
  ['p50=400,p99=20', undefined],
  ['100ms', undefined],
  ['99999999', undefined],
  ['61000', undefined],
  ['', undefined],
]

for (const [text, want] of texts) {
  test(`a latency of '${text}' is ${want === undefined ? 'none' : want.kind}`, () => {
    assert.deepEqual(readLatency(text), want)
  })
}

const delays = (latency: Latency): number[] =>
  Array.from(
    { length: 2_000 },
    (_, count) => fateOf({ seed: 1, latency, faults: 0 }, count).delayMs,
  ).toSorted((a, b) => a - b)

test('delays lie between their bounds', () => {
  const found = delays({ kind: 'between', leastMs: 50, mostMs: 60 })
  assert.deepEqual([found[0], found.at(-1)], [50, 60])
})

test('delays with a tail meet their median and their 99th percentile', () => {
  const found = delays({ kind: 'tail', p50Ms: 20, p99Ms: 400 })
  const at = (share: number) => found[Math.floor(share * found.length)]!
  assert.ok(at(0.5) > 16 && at(0.5) < 25, String(at(0.5)))
  assert.ok(at(0.99) > 250 && at(0.99) < 650, String(at(0.99)))
})
