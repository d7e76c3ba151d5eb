// Starts each example as a person would, asks it, and stops it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

const here = import.meta.dirname
const ownName = join(here, '../../test/own-name.ts')

/** Gives the address that it prints. */
async function started(t: TestContext, file: string) {
  const child = spawn(process.execPath, ['--import', ownName, join(here, file)], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(([code]) => [`it ended with code ${code}`])
  const [line] = await Promise.race([once(child.stdout, 'data'), ended])
  const [address] = /http:\S+/.exec(String(line)) ?? []
  assert.ok(address !== undefined, String(line))
  return { child, address }
}

const post = (address: string, body: object): Promise<Response> =>
  fetch(address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Connection: 'close' },
    body: JSON.stringify(body),
  })

for (const file of ['fastify.ts', 'express.ts', 'hono.ts']) {
  test(`${file} serves what the contract allows, and ends by itself when it is asked to`, async (t) => {
    const { child, address } = await started(t, file)
    const refused = await post(address, { text: 1 })
    assert.equal(refused.status, 400)
    assert.match(await refused.text(), /"field":"\/text","issue":"invalid_type"/)
    const created = await post(address, { text: 'milk' })
    assert.equal(created.status, 201)
    assert.deepEqual(await created.json(), { text: 'milk', from: '127.0.0.1' })
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [0, null])
  })
}
