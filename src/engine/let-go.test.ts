import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as rest } from 'node:timers/promises'
import { manualClock } from '../base.ts'
import { bundleRelease, collectGarbage } from './let-go.ts'

test('many bytes let go of are collected, once what was under way has had its time', () => {
  const clock = manualClock()
  let collected = 0
  const letGo = bundleRelease(clock, () => {
    collected++
  })
  const megabyte = 2 ** 20
  for (let count = 0; count < 7; count++) letGo(megabyte)
  clock.advance(60_000)
  assert.equal(collected, 0, 'it is not worth it yet')
  letGo(megabyte)
  assert.equal(collected, 0)
  letGo(megabyte)
  letGo(100 * megabyte)
  clock.advance(1_000)
  assert.equal(collected, 1)
  clock.advance(60_000)
  assert.equal(collected, 1)
  letGo(8 * megabyte)
  clock.advance(1_000)
  assert.equal(collected, 2)
})

test('what nobody holds is gone when garbage has been collected', async () => {
  const held = { bytes: new SharedArrayBuffer(1024) }
  const refs = [new WeakRef(held.bytes), new WeakRef(new SharedArrayBuffer(1024))]
  // In the turn that made it, a weak reference holds.
  await rest()
  collectGarbage()
  assert.equal(refs[0]!.deref(), held.bytes)
  assert.equal(refs[1]!.deref(), undefined)
})
