// Hostile contracts through the build that `check` and `run` make: each is served or refused in
// words, within a bound of time that only a hang or an explosion meets.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { buildSnapshot } from '../../src/control.ts'
import { contracts } from './contracts.ts'

const folder = mkdtempSync(join(tmpdir(), 'hostile-contracts-'))
after(() => rmSync(folder, { recursive: true }))

/** What is kept of a contract, for any of these. */
const snapshotBytesMax = 64 * 1024 * 1024
/** Problems are for people. */
const messageCharsMax = 4_000

for (const { name, file, text, builds } of contracts()) {
  test(name, { timeout: 60_000 }, async (t) => {
    const contractFile = join(folder, file)
    writeFileSync(contractFile, text)
    const startedMs = performance.now()
    const { snapshot, problems } = await buildSnapshot({
      contractFile,
      to: ['http://127.0.0.1:7000'],
      port: 0,
    })
    const { rss } = process.memoryUsage()
    const ms = Math.round(performance.now() - startedMs)
    t.diagnostic(`${ms} ms, ${Math.round(rss / 1024 / 1024)} MiB, ${problems.length} problems`)
    const errors = problems.filter(({ severity }) => severity === 'error')
    assert.equal(snapshot === undefined, errors.length > 0, 'what is not served is explained')
    if (builds !== 'either') assert.equal(snapshot === undefined ? 'no' : 'yes', builds)
    assert.ok((snapshot?.length ?? 0) < snapshotBytesMax)
    for (const { message } of problems)
      assert.ok(message.length < messageCharsMax, message.slice(0, 200))
  })
}
