import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importCode } from './import-code.ts'

const urlOf = (name: string) => new URL(`./${name}.mjs`, import.meta.url).href

test('a module in memory is imported as if it lay beside the files it was made of', async () => {
  const source =
    "import { basename } from 'node:path'\nexport default [basename('/a/b'), import.meta.dirname]"
  const { default: made } = await importCode({ url: urlOf('absent'), source })
  assert.deepEqual(made, ['b', import.meta.dirname])
})

test('bytes serve as well as text, in memory of all threads too', async () => {
  const bytes = new TextEncoder().encode('export const one = 1')
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  assert.equal((await importCode({ url: urlOf('shared'), source: shared }))['one'], 1)
})

test('what it throws is thrown', async () => {
  const source = "throw new Error('no')"
  await assert.rejects(importCode({ url: urlOf('throws'), source }), /^Error: no$/)
})
