// JSONPath: what its own suite wants, what is refused, and that no query takes for ever.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { pointerToken } from '../base.ts'
import { Budget, Exhausted } from './budget.ts'
import { parseJsonPath } from './jsonpath-parse.ts'
import { pathOf, select } from './jsonpath.ts'

interface Case {
  readonly name: string
  readonly selector: string
  readonly document?: unknown
  readonly result?: readonly unknown[]
  readonly results?: readonly (readonly unknown[])[]
  readonly invalid_selector?: boolean
}

const suite = new URL(
  '../../node_modules/jsonpath-rfc9535/src/__tests__/jsonpath-compliance-test-suite/cts.json',
  import.meta.url,
)
const { tests } = JSON.parse(readFileSync(suite, 'utf8')) as { tests: readonly Case[] }

const queryOf = (text: string) => {
  const query = parseJsonPath(text)
  assert.ok(!('fault' in query), JSON.stringify(query))
  return query
}

const valuesAt = (text: string, document: unknown): unknown[] =>
  select(queryOf(text), document, new Budget()).map(({ value }) => value)

describe('the compliance suite of RFC 9535', () => {
  it('what is no query is refused, and nothing else', () => {
    const wrong = tests.filter(
      ({ selector, invalid_selector: invalid = false }) =>
        'fault' in parseJsonPath(selector) !== invalid,
    )
    assert.deepEqual(
      wrong.map(({ name, selector }) => `${name}: ${selector}`),
      [],
    )
    assert.ok(tests.length > 600)
  })

  it('every query selects what it should, in order', () => {
    for (const { name, selector, document, result, results = [result] } of tests) {
      if (document === undefined) continue
      const found = JSON.stringify(valuesAt(selector, document))
      const wanted = results.map((one) => JSON.stringify(one))
      assert.ok(wanted.includes(found), `${name}: ${selector} gives ${found}`)
    }
  })
})

it('the way to a node leads to it', () => {
  const document = { a: [{ 'b/c': 1 }, { 'b/c': 2 }] }
  const paths = select(queryOf("$.a[*]['b/c']"), document, new Budget()).map((node) =>
    pathOf(node).map(pointerToken).join('/'),
  )
  assert.deepEqual(paths, ['a/0/b~1c', 'a/1/b~1c'])
})

describe('a fault names the character and what would be right', () => {
  const cases: [text: string, offset: number, message: RegExp][] = [
    ['', 0, /begins with `\$`/],
    ['paths', 0, /begins with `\$`/],
    ['$.paths./channels', 8, /stands in brackets/],
    ['$.paths.*.x-concordat', 11, /stands in brackets/],
    ['$.a[?@.b-c == 1]', 8, /stands in brackets/],
    ['$.a[', 4, /expected a name in quotes/],
    ["$['a", 4, /needs an escape, or a quote/],
    ['$.a[?@.b = 1]', 9, /expected `\]`/],
    ['$.a[?@.* == 1]', 5, /several nodes/],
    ['$.a[?length(@.b)]', 5, /this is a value/],
    ['$.a[?len(@.b) == 1]', 5, /no function `len`/],
    ['$.a[?match(@.b)]', 5, /takes 2 arguments/],
    [`$${'.a'.repeat(3_000)}`, 4_096, /more than 4096 characters/],
    [`$[?${'('.repeat(100)}@.a${')'.repeat(100)}]`, 67, /nested too deep/],
  ]
  for (const [text, offset, message] of cases) {
    it(text.slice(0, 30), () => {
      const found = parseJsonPath(text)
      assert.ok('fault' in found)
      assert.match(found.fault, message)
      assert.equal(found.offset, offset)
    })
  }
})

it('whatever is written is a query or a fault, never a bug', () => {
  const words = `$ @ . .. * [ ] ( ) ? ! && || == < : , ' " \\ \\u12 - 0 7 1e5 a length match count é \ud800`
  const piece = fc.constantFrom(' ', ...words.split(' '))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = `$${pieces.join('')}`
      const query = parseJsonPath(text)
      if ('fault' in query) assert.ok(query.offset <= text.length)
      else select(query, { a: [{ a: 7 }, 'a'] }, new Budget(100_000))
    }),
    { numRuns: 3_000 },
  )
})

describe('hostile queries end in a bound', () => {
  const wide = { list: Array.from({ length: 3_000 }, (_, id) => ({ id, text: 'a'.repeat(50) })) }
  const cases: [says: string, text: string][] = [
    ['everything for everything', '$..[?count($..*) > 0]'],
    ['nested filters', '$..[?@..[?@..[?$..id]]]'],
  ]
  for (const [says, text] of cases) {
    it(says, () => {
      assert.throws(() => select(queryOf(text), wide, new Budget(2_000_000)), Exhausted)
    })
  }

  it('products of descendants', () => {
    let tree: unknown = 1
    for (let i = 0; i < 12; i++) tree = [tree, tree]
    const query = queryOf('$..[*,*]..[*,*]..[*,*]')
    assert.throws(() => select(query, tree, new Budget(20_000_000)), /more than 1000000 nodes/)
  })

  it('a pattern that would try again and again is matched in linear time', () => {
    const query = "$.list[?search(@.text, '(a|aa)+b')]"
    assert.deepEqual(valuesAt(query, wide), [])
  })

  it('a pattern that has no linear way is refused', () => {
    const query = queryOf("$.list[?match(@.text, '((a|aa){1,999}b?){1,999}')]")
    assert.throws(() => select(query, wide, new Budget()), Exhausted)
  })

  it('no depth of data costs stack', () => {
    let deep: unknown = 1
    for (let i = 0; i < 100_000; i++) deep = [deep]
    assert.equal(valuesAt('$..*', deep).length, 100_000)
  })
})
