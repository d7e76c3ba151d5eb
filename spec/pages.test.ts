// Pages that show exchanges: each happens as it is shown.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runPage } from './run-page.ts'

const files = globSync('**/*.md', { cwd: import.meta.dirname }).toSorted()
const shown = files.flatMap((file) => {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8')
  const isShown = text.includes('```yaml file=openapi.yaml') && /^```http(?: raw)?\n/m.test(text)
  return isShown ? [{ file, text }] : []
})

for (const { file, text } of shown) {
  test(`spec/${file} is as it is shown`, async (t) => {
    assert.ok((await runPage(t, file, text)) > 0)
  })
}
