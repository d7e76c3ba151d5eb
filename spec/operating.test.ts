// The page for operators names metrics and settings by hand: each of them must be there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { limitTable } from '../src/base.ts'

const page = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')

const text = page('operating.md')

/** Names in the first column of the tables of a page. */
const rowsOf = (file: string): Set<string> =>
  new Set([...page(file).matchAll(/^\| `(?<name>[^`]+)`/gm)].map((row) => row.groups!['name']!))

test('every metric that operators are told to watch is one', () => {
  const metrics = rowsOf('metrics.md')
  const named = text.match(/\b(?:concordat|http|process|nodejs)_[a-z0-9_]+[a-z]\b/g) ?? []
  assert.ok(named.length > 10)
  for (const name of named) {
    const family = name.replace(/_(?:bucket|count|sum)$/, '')
    assert.ok(metrics.has(family) || labels.has(name), name)
  }
})

const labels = new Set(['http_response_status_code'])

test('every setting that operators are told to set is one', () => {
  const settings = rowsOf('config.md')
  const named = [...text.matchAll(/`(?<name>(?:drain|listen|admin|log)\.\w+|\w+Max)`/g)]
  assert.ok(named.length > 5)
  for (const name of named.map((one) => one.groups!['name']!)) {
    assert.ok(settings.has(name) || Object.hasOwn(limitTable, name), name)
  }
})
