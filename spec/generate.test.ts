// The generated pages are current, and leave nothing out.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { faults, limitTable } from '../src/base.ts'
import { pagePath, pages } from './generate.ts'

for (const page of pages) {
  test(`spec/${page.file} is what npm run docs writes`, () => {
    assert.equal(readFileSync(pagePath(page), 'utf8'), page.render())
  })
}

const rendered = (file: string) => pages.find((page) => page.file === file)!.render()

test('every fault has a row and a section', () => {
  const text = rendered('faults.md')
  for (const code of Object.keys(faults)) {
    assert.ok(text.includes(`[\`${code}\`](#${code.toLowerCase()})`), `row of ${code}`)
    assert.ok(text.includes(`\n## ${code}\n`), `section of ${code}`)
  }
})

test('a default that is an object is written whole', () => {
  const row = '| `secure-headers.fields.X-Frame-Options` | DENY | DENY | – |'
  assert.ok(rendered('config.md').split('\n').includes(row))
})

test('every limit has exactly one row', () => {
  const rows = rendered('limits.md').split('\n')
  for (const name of Object.keys(limitTable)) {
    assert.equal(rows.filter((row) => row.startsWith(`| \`${name}\` |`)).length, 1, name)
  }
})
