// The page on gRPC: its configuration is accepted over a set as its commands make one, and the table
// of time bounds is what holds.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildSnapshot } from '../src/control/build.ts'
import { limitsWith } from '../src/base.ts'
import { chatFile, setBytes } from '../src/load/descriptor-set-for-tests.ts'
import { openSnapshot } from '../src/snapshot.ts'
import { command } from '../test/command.ts'
import { folderWith } from '../test/folder.ts'
import { blocksOf } from './run-page.ts'

const page = readFileSync(join(import.meta.dirname, 'grpc.md'), 'utf8')
const files = Object.fromEntries(
  blocksOf(page).flatMap(({ info, text }) => {
    const name = /^yaml file=(?<name>\S+)$/.exec(info)?.groups!['name']
    return name === undefined ? [] : [[name, text]]
  }),
)

test('the overlay and the configuration of the page are accepted, over a set', async (t) => {
  const folder = folderWith(t, files)
  writeFileSync(join(folder, 'chat.binpb'), setBytes([chatFile]))
  const { code, out } = await command(['check'], folder)
  assert.equal(code, 0, out)
  assert.match(out, /ok: concordat.yaml, 5 operations/)
})

test('streams have the time that the page says', async (t) => {
  const folder = folderWith(t, {})
  const contractFile = join(folder, 'chat.binpb')
  writeFileSync(contractFile, setBytes([chatFile]))
  const { snapshot } = await buildSnapshot({ contractFile, to: ['h2c://127.0.0.1:9'] })
  const { operations } = openSnapshot(snapshot!)
  const bounds = [0, 1, 2, 3].map((index) => {
    const { limits } = operations.at(index)!
    const { exchangeTimeoutMs, firstByteTimeoutMs, replyIdleTimeoutMs } = limitsWith(limits)
    return [exchangeTimeoutMs, firstByteTimeoutMs, replyIdleTimeoutMs]
  })
  const [second, minute, hour] = [1_000, 60_000, 3_600_000]
  assert.deepEqual(bounds, [
    [10 * minute, 30 * second, 30 * second],
    [24 * hour, 30 * second, 30 * second],
    [24 * hour, hour, hour],
    [24 * hour, hour, hour],
  ])
})
