// Changes laid over a document: what comes out, where each value was written, and that what went in
// stays as it was.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { placeText, pointerToken } from '../base.ts'
import { type Key, Merged } from './merged.ts'

/** A document whose every value is said to be at its own pointer. */
const from = (file: string) => (pointer: string) => ({
  file: `${file}${pointer}`,
  line: 0,
  column: 0,
})

const laid = (document: unknown) => new Merged(document, from('contract'))
const overlay = { locate: from('overlay'), pointer: '' }

const sample = () => ({ a: { b: 1, c: [{ n: 0 }, { n: 1 }, { n: 2 }] }, d: { e: 1 } })

describe('a value is located where it was written', () => {
  const cases: [says: string, change: (merged: Merged) => unknown, pointer: string, at: string][] =
    [
      ['untouched', () => {}, '/a/c/1/n', 'contract/a/c/1/n'],
      ['beside a change', (m) => m.merge(['a'], { x: 1 }, overlay), '/a/c/1/n', 'contract/a/c/1/n'],
      ['added', (m) => m.merge(['a'], { x: { y: 1 } }, overlay), '/a/x/y', 'overlay/x/y'],
      ['replaced', (m) => m.merge(['a'], { b: 2 }, overlay), '/a/b', 'overlay/b'],
      ['the one that holds it', (m) => m.merge(['a'], { b: 2 }, overlay), '/a', 'contract/a'],
      ['deep in both', (m) => m.merge([], { d: { f: 1 } }, overlay), '/d/f', 'overlay/d/f'],
      ['appended', (m) => m.merge(['a', 'c'], [{ n: 9 }], overlay), '/a/c/3/n', 'overlay/0/n'],
      ['appended alone', (m) => m.merge(['a', 'c'], { n: 9 }, overlay), '/a/c/3/n', 'overlay/n'],
      [
        'before what was appended',
        (m) => m.merge(['a', 'c'], [1], overlay),
        '/a/c/2',
        'contract/a/c/2',
      ],
      ['moved up', (m) => m.remove([['a', 'c', 0]]), '/a/c/1/n', 'contract/a/c/2/n'],
      ['removed', (m) => m.remove([['a', 'b']]), '/a/b', 'contract/a'],
      ['below what is removed', (m) => m.remove([['d']]), '/d/e', 'contract'],
      [
        'with a slash',
        (m) => m.merge(['a'], { 'x/y': { z: 1 } }, overlay),
        '/a/x~1y/z',
        'overlay/x~1y/z',
      ],
      [
        'changed twice',
        (m) => [m.merge(['a'], { x: { y: 1 } }, overlay), m.merge(['a', 'x'], { z: 1 }, overlay)],
        '/a/x/y',
        'overlay/x/y',
      ],
      [
        'appended, then moved up',
        (m) => [m.merge(['a', 'c'], [{ n: 9 }], overlay), m.remove([['a', 'c', 1]])],
        '/a/c/2/n',
        'overlay/0/n',
      ],
      [
        'removed and written again',
        (m) => [m.remove([['a', 'b']]), m.merge(['a'], { b: 3 }, overlay)],
        '/a/b',
        'overlay/b',
      ],
    ]
  for (const [says, change, pointer, at] of cases) {
    it(says, () => {
      const merged = laid(sample())
      change(merged)
      assert.equal(placeText(merged.locate(pointer)), at)
    })
  }
})

it('a list and what holds it may lose items at once', () => {
  const merged = laid({ a: [{ b: [1, 2, 3] }, { b: [4] }, 5] })
  merged.remove([
    ['a', 0, 'b', 0],
    ['a', 1],
    ['a', 0, 'b', 2],
    ['a', 1, 'b', 0],
  ])
  assert.deepEqual(merged.value, { a: [{ b: [2] }, 5] })
})

it('`__proto__` is a key like any other', () => {
  const merged = laid(JSON.parse('{"a": {"__proto__": {"x": 1}}}'))
  merged.merge(['a'], JSON.parse('{"__proto__": {"y": 2}, "constructor": {"z": 3}}'), overlay)
  assert.equal(
    JSON.stringify(merged.value),
    '{"a":{"__proto__":{"x":1,"y":2},"constructor":{"z":3}}}',
  )
  assert.equal(({} as Record<string, unknown>)['y'], undefined)
  assert.equal(placeText(merged.locate('/a/__proto__/y')), 'overlay/__proto__/y')
})

it('what is written once and laid down twice is two', () => {
  const merged = laid({ a: {}, b: {} })
  const value = { x: { y: 1 } }
  merged.merge(['a'], value, overlay)
  merged.merge(['b'], value, overlay)
  merged.merge(['a', 'x'], { z: 2 }, overlay)
  assert.deepEqual(merged.value, { a: { x: { y: 1, z: 2 } }, b: { x: { y: 1 } } })
  assert.deepEqual(value, { x: { y: 1 } })
})

describe('what clashes is refused where it is written', () => {
  const cases: [says: string, path: Key[], incoming: unknown, at: string, message: RegExp][] = [
    [
      'a list with an object',
      [],
      { o: [1] },
      'overlay/o',
      /a list cannot be merged with an object/,
    ],
    ['an object with a list', [], { l: {} }, 'overlay/l', /an object cannot be merged with a list/],
    ['a value with an object', [], { o: 1 }, 'overlay/o', /a single value cannot be merged/],
    ['an object with a value', [], { v: {} }, 'overlay/v', /with a single value/],
    ['a value laid on an object', ['o'], 1, 'overlay', /a single value cannot be merged/],
    ['deep down', [], { o: { p: [] } }, 'overlay/o/p', /with a single value/],
  ]
  for (const [says, path, incoming, at, message] of cases) {
    it(says, () => {
      const clash = laid({ o: { p: null }, l: [], v: 1 }).merge(path, incoming, overlay)
      assert.match(clash?.message ?? '', message)
      assert.equal(placeText(clash!.origin.locate(clash!.origin.pointer)), at)
    })
  }
})

const json = fc.jsonValue({ maxDepth: 4 })
const objects = fc.dictionary(fc.string({ maxLength: 3 }), json, { maxKeys: 4 })

/** Pointers of all values of some data. */
function* pointers(value: unknown, above = ''): Generator<[string, unknown]> {
  yield [above, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, child] of Object.entries(value)) {
    yield* pointers(child, `${above}/${pointerToken(key)}`)
  }
}

const valueAt = (root: unknown, pointer: string): unknown =>
  [...pointers(root)].find(([at]) => at === pointer)?.[1]

describe('laws', () => {
  it('nothing that was given is changed', () => {
    fc.assert(
      fc.property(objects, objects, objects, (document, first, second) => {
        const before = JSON.stringify([document, first, second])
        const merged = laid(document)
        merged.merge([], first, overlay)
        merged.merge([], second, overlay)
        merged.remove(Object.keys(merged.value as object).map((key) => [key]))
        assert.equal(JSON.stringify([document, first, second]), before)
        assert.deepEqual(Object.keys(merged.value as object), [])
      }),
      { numRuns: 300 },
    )
  })

  it('every single value is the one that is written where it is said to be', () => {
    fc.assert(
      fc.property(objects, objects, fc.nat(3), (document, change, removed) => {
        const merged = laid(document)
        merged.merge([], change, overlay)
        const keys = Object.keys(merged.value as object)
        if (removed < keys.length) merged.remove([[keys[removed]!]])
        for (const [pointer, value] of pointers(merged.value)) {
          if (typeof value === 'object' && value !== null) continue
          const at = placeText(merged.locate(pointer))
          const isOverlay = at.startsWith('overlay')
          const source = isOverlay ? change : document
          assert.equal(valueAt(source, at.slice(isOverlay ? 7 : 8)), value)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('laying over in turn is laying over what came of it', () => {
    fc.assert(
      fc.property(objects, objects, objects, (document, first, second) => {
        const once = laid(document)
        once.merge([], first, overlay)
        once.merge([], second, overlay)
        const before = laid(document)
        before.merge([], first, overlay)
        const after = laid(JSON.parse(JSON.stringify(before.value)))
        after.merge([], second, overlay)
        assert.equal(JSON.stringify(once.value), JSON.stringify(after.value))
      }),
      { numRuns: 200 },
    )
  })
})
