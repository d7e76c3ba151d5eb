// From text to located data: JSON and YAML alike, and what is refused in either.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fixtureNames, fixturesAbsent, fixtureText } from '../../test/fixtures.ts'
import { jsonFault } from './json.ts'
import { parseLocated, utf8Text } from './text.ts'

const json = `{
  "a": {"b": [10, {"c/d": true}]},
  "e~f": "x"
}`

const yaml = `a:
  b:
    - 10
    - {c/d: true}
e~f: x
shared: &s {k: 1}
again: *s
`

describe('a pointer leads to where a value is written', () => {
  const cases: [text: string, file: string, pointer: string, line: number, column: number][] = [
    [json, 'c.json', '', 1, 1],
    [json, 'c.json', '/a', 2, 3],
    [json, 'c.json', '/a/b', 2, 9],
    [json, 'c.json', '/a/b/0', 2, 15],
    [json, 'c.json', '/a/b/1/c~1d', 2, 20],
    [json, 'c.json', '/e~0f', 3, 3],
    [json, 'c.json', '/a/none/at/all', 2, 3],
    [json, 'c.json', '/constructor', 1, 1],
    [yaml, 'c.yaml', '/a', 1, 1],
    [yaml, 'c.yaml', '/a/b', 2, 3],
    [yaml, 'c.yaml', '/a/b/0', 3, 7],
    [yaml, 'c.yaml', '/a/b/1/c~1d', 4, 8],
    [yaml, 'c.yaml', '/e~0f', 5, 1],
    [yaml, 'c.yaml', '/again/k', 6, 13],
    [yaml, 'c.yaml', '/a/b/7', 2, 3],
  ]
  for (const [text, file, pointer, line, column] of cases) {
    it(`${file} ${pointer || '(all)'}`, () => {
      assert.deepEqual(parseLocated(text, file).locate(pointer), { file, line, column })
    })
  }
})

describe('values are those that were written', () => {
  const cases: [says: string, text: string, file: string, want: unknown][] = [
    ['JSON', '{"a":[1,null]}', 'c.json', { a: [1, null] }],
    ['JSON in a file of another name', '{"a":"\\u0041"}', 'c.txt', { a: 'A' }],
    ['YAML', 'a: [1, ~]', 'c.yml', { a: [1, null] }],
    ['flow YAML', '{a: 1}', 'c.yaml', { a: 1 }],
    ['keys that are numbers become names', '200: ok', 'c.yaml', { 200: 'ok' }],
    ['no is a text in YAML 1.2', 'a: no', 'c.yaml', { a: 'no' }],
    ['dates stay texts', 'a: 2024-01-01', 'c.yaml', { a: '2024-01-01' }],
    [
      'merge keys are plain keys',
      'a: &a {x: 1}\nb:\n  <<: *a',
      'c.yaml',
      { a: { x: 1 }, b: { '<<': { x: 1 } } },
    ],
  ]
  for (const [says, text, file, want] of cases) {
    it(says, () => {
      const { value, problems } = parseLocated(text, file)
      assert.deepEqual(problems, [])
      assert.deepEqual(value, want)
    })
  }
})

describe('what cannot be read is refused with its place', () => {
  const laughs = Array.from({ length: 9 }, (_, i) => {
    const items = Array.from({ length: 9 }, () => (i === 0 ? 'lol' : `*a${i - 1}`))
    return `a${i}: &a${i} [${items.join(', ')}]`
  })
  const deep = 300
  const cases: [says: string, text: string, file: string, at: string, message: RegExp][] = [
    ['JSON cut short', '{"a": [1,', 'c.json', '1:10', /the file ends where value should follow/],
    ['a comma too many', '{\n"a": 1,\n}', 'c.json', '3:1', /expected key, found "}"/],
    ['a comment', '{\n// c\n}', 'c.json', '2:1', /found "\/" \(JSON has no comments; YAML has\)/],
    ['a bare word', '{"a": tru}', 'c.json', '1:7', /expected value, found "t"/],
    ['text after the value', '{} x', 'c.json', '1:4', /expected the end of the file/],
    ['a key twice in JSON', '{"a": 1,\n "a": 2}', 'c.json', '2:2', /"a" is already there/],
    [
      'a key twice by an escape',
      '{"a": 1, "\\u0061": 2}',
      'c.json',
      '1:10',
      /"a" is already there/,
    ],
    ['JSON too deep', '['.repeat(deep) + ']'.repeat(deep), 'c.json', '1:1', /nested deeper than/],
    ['a key twice in YAML', 'a: 1\na: 2', 'c.yaml', '2:1', /"a" is already there/],
    ['a key twice in YAML, once as a number', '1: a\n"1": b', 'c.yaml', '2:1', /already there/],
    ['YAML that is none', 'a: [1', 'c.yaml', '1:6', /not valid YAML/],
    ['two documents', 'a: 1\n---\nb: 2', 'c.yaml', '2:1', /several YAML documents/],
    ['a tag', 'a: !secret b', 'c.yaml', '1:4', /tag is not understood/],
    ['an unknown alias', 'a: *b', 'c.yaml', '1:4', /not valid YAML/],
    ['aliases that unfold without end', laughs.join('\n'), 'c.yaml', '1:1', /unfold|alias/i],
    ['an anchor within itself', 'a: &a [*a]', 'c.yaml', '1:1', /within its own anchor/],
  ]
  for (const [says, text, file, at, message] of cases) {
    it(says, () => {
      const { value, problems } = parseLocated(text, file)
      assert.equal(value, undefined)
      assert.equal(`${problems[0]!.place.line}:${problems[0]!.place.column}`, at)
      assert.match(problems[0]!.message, message)
    })
  }
})

it('YAML too deep for the stack is refused, not thrown', () => {
  const { problems } = parseLocated('- '.repeat(5_000), 'c.yaml')
  assert.match(problems[0]!.message, /nested too deep/)
})

it('text must be UTF-8, and its byte order mark does not count', () => {
  assert.equal(utf8Text(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), 'a')
  assert.equal(utf8Text(Uint8Array.of(0x61, 0xff)), undefined)
})

it(
  'a fault is found in JSON exactly where the native parser finds one',
  { skip: fixturesAbsent },
  () => {
    for (const name of fixtureNames('json-parsing').filter((one) => one.endsWith('.json'))) {
      const text = fixtureText('json-parsing', name)
      let valid = true
      try {
        JSON.parse(text)
      } catch {
        valid = false
      }
      assert.equal(jsonFault(text) === undefined, valid, name)
    }
  },
)
