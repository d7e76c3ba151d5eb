// Runs what the page on `init` shows, in one folder and in order.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { command } from '../test/command.ts'
import { folderWith } from '../test/folder.ts'
import { blocksOf } from './run-page.ts'

const page = readFileSync(join(import.meta.dirname, 'init.md'), 'utf8')

test('what the page shows is what is said', async (t) => {
  const folder = folderWith(t, {})
  const blocks = blocksOf(page).filter(({ info }) => info === 'console')
  assert.equal(blocks.length, 3)
  for (const { text } of blocks) {
    const [line = '', ...wanted] = text.split('\n')
    const { code, out, err } = await command(line.split(' ').slice(2), folder)
    assert.equal(code, 0, err)
    // Of what `check` says the page shows the last line.
    assert.ok(`${err}${out}`.endsWith(wanted.join('\n')), `${line}\n${err}${out}`)
  }
})
