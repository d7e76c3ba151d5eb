// The page about contracts names formats: each is one that is held, or one that hints.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSchemaCompiler } from '../src/schema.ts'

const page = readFileSync(join(import.meta.dirname, 'contract.md'), 'utf8')
const section = /^## Formats\n\n(?<text>[^]*?)\n\n/m.exec(page)?.groups?.['text'] ?? ''
const named = [...section.matchAll(/`(?<name>[\w-]+)`/g)].map((found) => found.groups!['name']!)

/** What is said of a format where it is not known. */
function saidOf(format: string): string[] {
  const uri = 'file:///a.json'
  const compiler = createSchemaCompiler({ documents: new Map([[uri, { format }]]) })
  compiler.add({ uri, pointer: '' }, 'openapi-3.1')
  return compiler.finish().problems.map(({ message }) => message)
}

test('every format that the page names is known', () => {
  const known = named.filter((name) => !name.startsWith('concordat'))
  assert.ok(known.length > 30, section)
  for (const name of known) assert.deepEqual(saidOf(name), [])
  assert.equal(saidOf('snowflake').length, 1)
})
