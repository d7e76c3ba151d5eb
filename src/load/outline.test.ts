import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { countMembers, JsonOutline } from './outline.ts'

const offsetIn = (text: string, ...path: string[]): number => new JsonOutline(text).offset(path)

test('a value is where its text is, whatever stands in strings before it', () => {
  const text = '{"a\\"{": "]\\\\", "b": [{}, "x,y", -1e+3, [null, true]], "": 7}'
  const rows: [path: string[], want: string][] = [
    [[], '{"a'],
    [['a"{'], '"a\\"{"'],
    [['b'], '"b"'],
    [['b', '0'], '{}'],
    [['b', '1'], '"x,y"'],
    [['b', '2'], '-1e+3'],
    [['b', '3', '1'], 'true'],
    [['b', '3', '2'], '[null'],
    [['b', '1', 'none'], '"x,y"'],
    [[''], '"": 7'],
  ]
  for (const [path, want] of rows) {
    assert.equal(text.slice(offsetIn(text, ...path)).slice(0, want.length), want)
  }
})

test('members of a wide object are found, the last of its name where there are two', () => {
  const members = Array.from({ length: 1_000 }, (_, at) => `"k${at % 500}":{"at":${at}}`)
  const text = `{${members.join(',')}}`
  const outline = new JsonOutline(text)
  for (let at = 500; at < 1_000; at += 37) {
    assert.equal(outline.offset([`k${at - 500}`, 'at']), text.indexOf(`"at":${at}}`))
  }
  assert.equal(outline.offset(['k500']), 0)
  assert.equal(outline.repeatedKeys().length, 500)
})

test('any JSON has as many members in its text as in its data, and each value is found', () => {
  const law = fc.property(fc.json({ maxDepth: 5 }), fc.nat(2), (json, indent) => {
    const value: unknown = JSON.parse(json)
    const text = JSON.stringify(value, null, indent)
    const outline = new JsonOutline(text)
    assert.equal(outline.memberCount, countMembers(value))
    assert.deepEqual(outline.repeatedKeys(), [])
    for (const path of pathsOf(value)) {
      const at = outline.offset(path)
      const key = path.at(-1)!
      const isItem = /^\d+$/.test(key) && !text.startsWith(JSON.stringify(key), at)
      assert.ok(isItem || text.startsWith(JSON.stringify(key), at), path.join('/'))
    }
  })
  fc.assert(law, { seed: 20_260_312, numRuns: 500 })
})

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) => [
    [key],
    ...pathsOf(child).map((path) => [key, ...path]),
  ])
}
