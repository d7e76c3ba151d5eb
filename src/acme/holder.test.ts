import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { isGone, ownHolder } from './holder.ts'

test('a process of this machine is gone once it has ended, one of another is never known to be', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
  await once(child, 'spawn')
  const holder = `${hostname()} ${child.pid} id`
  assert.ok(!isGone(holder))
  child.kill()
  await once(child, 'exit')
  assert.ok(isGone(holder))
  assert.ok(!isGone(`another ${child.pid} id`))
})

test('who had our number before us is gone, and we are not', () => {
  assert.ok(!isGone(ownHolder()))
  assert.ok(isGone(`${hostname()} ${process.pid} id`))
})

for (const text of [
  '',
  hostname(),
  `${hostname()} x`,
  `${hostname()} 0 id`,
  `${hostname()} -1 id`,
]) {
  test(`nothing is known of '${text.replace(hostname(), 'HOST')}'`, () => assert.ok(!isGone(text)))
}
