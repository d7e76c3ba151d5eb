// The printed table of bounds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command } from '../../test/command.ts'
import { limitTable } from '../base.ts'

test('every bound is printed with its default in a readable unit', async () => {
  const { code, out } = await command(['limits'], '.')
  for (const name of Object.keys(limitTable)) assert.ok(out.includes(`\n${name} `), name)
  assert.match(out, /\nheadBytesMax +16 KiB +1 KiB – 1 MiB /)
  assert.equal(code, 0)
})

test('--json gives the same table to machines, in base units', async () => {
  const { out } = await command(['limits', '--json'], '.')
  const { limits } = JSON.parse(out)
  assert.deepEqual(limits, limitTable)
})
