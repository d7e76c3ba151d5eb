import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { fixtureNames, fixturePath, fixturesAbsent } from '../../test/fixtures.ts'
import { type JsonIssue, readJson } from '../schema.ts'

const roomy = { depthMax: 512, valuesMax: 1_000_000 }
const parser = { ...roomy, duplicateKeys: 'keepLast' } as const
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function issueOf(given: Uint8Array, bounds = roomy): JsonIssue | 'read' {
  const read = readJson(given, bounds)
  return 'value' in read ? 'read' : read.problem.issue
}

const file = (name: string) => readFileSync(fixturePath('json-parsing', name))

suite('JSON parsing suite', { skip: fixturesAbsent }, () => {
  const names = fixturesAbsent === false ? fixtureNames('json-parsing') : []
  const wanted = [
    ['y_', 95],
    ['n_', 187],
  ] as const
  for (const [prefix, count] of wanted) {
    const mustRead = prefix === 'y_'
    const files = names.filter((name) => name.startsWith(prefix))
    test(`${count} ${prefix} files ${mustRead ? 'are read' : 'are refused'}`, () => {
      assert.equal(files.length, count)
      for (const name of files)
        assert.equal('value' in readJson(file(name), parser), mustRead, name)
    })
  }
  test('what it leaves free gives a value or a problem, never an exception', () => {
    for (const name of names.filter((one) => one.startsWith('i_'))) {
      assert.doesNotThrow(() => readJson(file(name), parser), name)
    }
  })
})

suite('refuses', () => {
  const cases: [string, Uint8Array, JsonIssue | 'read'][] = [
    ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 'invalid_json'],
    ['an overlong encoding', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22), 'invalid_utf8'],
    ['a surrogate in UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'invalid_utf8'],
    ['nothing', bytes(''), 'invalid_json'],
    ['a key twice', bytes('{"a":1,"a":2}'), 'duplicate_key'],
    ['a key twice, once escaped', bytes('{"a":1,"\\u0061":2}'), 'duplicate_key'],
    ['a key twice, deep inside', bytes('[{"a":{"b":1,"c":[],"b":1}}]'), 'duplicate_key'],
    ['__proto__ twice', bytes('{"__proto__":1,"__proto__":2}'), 'duplicate_key'],
    ['__proto__ not once', bytes('{"__proto__":1,"constructor":2}'), 'read'],
    ['no key in two objects', bytes('[{"a":1},{"a":1}]'), 'read'],
    ['no colons in texts', bytes('{"a:b":":::","c":"\\":\\\\"}'), 'read'],
    ['half a pair', bytes('"\\ud83d"'), 'lone_surrogate'],
    ['half a pair in a key', bytes('{"\\uDC00":1}'), 'lone_surrogate'],
    ['no whole pair', bytes('"\\ud83d\\ude00"'), 'read'],
    ['no escaped backslash before ud800', bytes('"\\\\ud800"'), 'read'],
    ['1e400', bytes('[1e400]'), 'number_out_of_range'],
    ['-1e400', bytes('{"a":-1e400}'), 'number_out_of_range'],
    ['no integer beyond 2^53', bytes('9007199254740993'), 'read'],
    ['a text that never ends', bytes('"abc'), 'invalid_json'],
    ['a backslash at the end', bytes('"\\'), 'invalid_json'],
    ['objects in lists without end', bytes('[{"":'.repeat(50_000)), 'too_deep'],
  ]
  for (const [says, given, want] of cases) {
    test(says, () => assert.equal(issueOf(given), want))
  }
})

const keyText = (count: number): string =>
  `{${Array.from({ length: count }, (_, at) => `"k${at}":1`)}}`

suite('bounds', () => {
  const keyed = (count: number) => bytes(keyText(count))
  const nested = (depth: number) => bytes('['.repeat(depth) + ']'.repeat(depth))
  const cases: [string, Uint8Array, { depthMax: number; valuesMax: number }, JsonIssue | 'read'][] =
    [
      ['depth at the bound', nested(64), { ...roomy, depthMax: 64 }, 'read'],
      ['depth above the bound', nested(65), { ...roomy, depthMax: 64 }, 'too_deep'],
      ['never deeper than 512', nested(513), { ...roomy, depthMax: 10_000 }, 'too_deep'],
      ['open brackets without end', bytes('['.repeat(100_000)), roomy, 'too_deep'],
      ['values at the bound', bytes('[1,2,3]'), { ...roomy, valuesMax: 4 }, 'read'],
      ['values above the bound', bytes('[1,2,3]'), { ...roomy, valuesMax: 3 }, 'too_many_values'],
      ['40,000 keys in one object', keyed(40_000), roomy, 'read'],
      ['40,001 keys in one object', keyed(40_001), roomy, 'too_many_values'],
      ['as many in two', bytes(`[${keyText(30_000)},${keyText(30_000)}]`), roomy, 'read'],
      [
        'brackets in texts count for nothing',
        bytes('"[[[,,,"'),
        { depthMax: 0, valuesMax: 1 },
        'read',
      ],
    ]
  for (const [says, given, bounds, want] of cases) {
    test(says, () => assert.equal(issueOf(given, bounds), want))
  }
})

const manyKeys = `{${Array.from({ length: 10_001 }, (_, at) => `"k${at}":1`).join()},"k1":1}`

function problemByte(text: string): number | undefined {
  const read = readJson(bytes(text), roomy)
  return 'problem' in read ? read.problem.atByte : undefined
}

suite('a problem says where', () => {
  const cases: [string, string, number | undefined][] = [
    ['the second key', '{"é":1, "b":2, "é":3}', 16],
    ['the misplaced character, in bytes', '["é", 1 2]', 9],
    ['the bracket that goes too deep', '['.repeat(600), 512],
    ['no key that comes after ten thousand others', manyKeys, undefined],
  ]
  for (const [says, given, want] of cases) test(says, () => assert.equal(problemByte(given), want))
})

/** What the native parser makes of it; undefined: nothing. */
function native(given: Uint8Array): { value: unknown } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(given)
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

test('random and spoilt texts are read as the native parser reads them, or not at all', () => {
  const stricter: string[] = ['lone_surrogate', 'number_out_of_range']
  const spoil = fc.tuple(fc.nat(200), fc.constantFrom(...'{}[]:,"\\u1e.-\0 \n')).map(
    ([at, piece]) =>
      (text: string) =>
        text.slice(0, at) + piece + text.slice(at + 1),
  )
  const text = fc
    .tuple(fc.json({ maxDepth: 4 }), fc.array(spoil, { maxLength: 2 }))
    .map(([json, spoilers]) => spoilers.reduce((spoilt, one) => one(spoilt), json))
  fc.assert(
    fc.property(text, (given) => {
      const read = readJson(bytes(given), parser)
      const wanted = native(bytes(given))
      if ('value' in read) assert.deepEqual(read, wanted)
      else assert.ok(wanted === undefined || stricter.includes(read.problem.issue), given)
    }),
    { numRuns: 3_000, seed: 20_261_120 },
  )
})
