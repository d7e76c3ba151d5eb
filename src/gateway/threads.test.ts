// What the main thread makes of a worker that ends before anybody asked it to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWorker } from './threads.ts'

const options = {
  bundle: new Uint8Array(),
  listen: { host: '127.0.0.1', port: 0 },
  log: { access: 'off', redact: [] },
}

const program = (text: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads'\n${text}`)}`,
  )

const started = (text: string) =>
  startWorker(
    program(text),
    options,
    () => ({}),
    () => {},
  )

const serves = `parentPort.postMessage({ report: 'listening', port: 1 })\n`

for (const [says, text, want] of [
  ['throws', "throw new Error('boom')", /did not start: its thread ended: Error: boom$/],
  ['exits', 'process.exit(3)', /did not start: its thread ended with exit code 3$/],
] as const) {
  test(`a worker that ${says} before it listens is a problem`, async () => {
    const gateway = await started(text)
    assert.ok('problem' in gateway)
    assert.match(gateway.problem, want)
  })
}

for (const [says, text, want] of [
  ['throws', "throw new Error('boom')", /ended: Error: boom$/],
  ['exits', 'process.exit(3)', /ended with exit code 3$/],
] as const) {
  test(`a worker that ${says} while it serves has died, and no answer is waited for`, async () => {
    const gateway = await started(`${serves}parentPort.on('message', () => { ${text} })`)
    assert.ok(!('problem' in gateway))
    assert.equal(gateway.ready().ready, true)
    await assert.rejects(gateway.swap(new Uint8Array()), want)
    assert.match(await gateway.died, want)
    assert.equal(gateway.ready().ready, false)
    await assert.rejects(gateway.swap(new Uint8Array()), /has ended/)
    await gateway.close()
  })
}

test('a worker that ends while it closes is closed', async () => {
  const gateway = await started(`${serves}parentPort.on('message', () => process.exit(3))`)
  assert.ok(!('problem' in gateway))
  await gateway.close()
  assert.equal(gateway.ready().ready, false)
})
