// The request generator itself: that it leaves nothing out, and that its parts say what they should.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/base.ts'
import { contracts, readContract } from './contracts.ts'
import { generateCases, type ValidCase } from './generate.ts'
import { sampleMatching } from './pattern.ts'
import { serialiseStyle } from './serialise.ts'
import { spoilForm, spoilJson } from './spoil.ts'

test('every operation gets a minimal and a typical request of each media type, and invalid ones', () => {
  const document = readContract(contracts.find(({ name }) => name === 'chat')!)
  const { valid, invalid } = generateCases(document)
  for (const operation of document.operations) {
    const isOfIt = (one: ValidCase) => one.operation === operation
    assert.equal(valid.filter(isOfIt).length, Math.max(1, operation.bodies.size) * 2)
    assert.ok(invalid.some((one) => isOfIt(one) && one.expected.status === 400))
  }
  for (const { request } of [...valid, ...invalid]) {
    assert.match(request.target, /^\/v1\/[!-~]*$/)
    assert.doesNotMatch(request.target, /[{}]|\/\/|\/\.\.?(\/|$)/)
    for (const [field, value] of request.headers) assert.match(`${field}: ${value}`, /^[ -~]+$/)
  }
})

const patterns: [string, number, number][] = [
  ['^AC[0-9a-fA-F]{32}$', 0, 99],
  ['^#(([0-9a-fA-F]{2}){3}|([0-9a-fA-F]){3})$', 4, 4],
  ['^(0|[1-9][0-9]*)$', 20, 20],
  ['^[A-Z][A-Z_]*$', 3, 8],
  ['^[^a-z ]+(?:x|yy)?$', 0, 9],
  ['\\d+\\.\\w{2,}', 0, 99],
  ['^\\p{Lu}\\u00e9\\x41.?$', 0, 99],
  ['', 0, 0],
]

for (const [pattern, lengthMin, lengthMax] of patterns) {
  test(`texts for the pattern ${pattern} match it, within bounds`, () => {
    const random = seededRandom(7)
    for (let i = 0; i < 50; i++) {
      const text = sampleMatching(pattern, random, lengthMin, lengthMax)
      assert.match(text, new RegExp(pattern, 'u'))
      assert.ok([...text].length >= lengthMin && [...text].length <= lengthMax)
    }
  })
}

const list = ['blue', 'black', 'brown']
const object = { R: 100, G: 200, B: 150 }

// "Style Examples" of the OpenAPI Specification 3.1.1, without the empty cases.
const styles: [style: string, explode: boolean, value: unknown, want: string][] = [
  ['matrix', false, 'blue', ';color=blue'],
  ['matrix', false, list, ';color=blue,black,brown'],
  ['matrix', false, object, ';color=R,100,G,200,B,150'],
  ['matrix', true, list, ';color=blue;color=black;color=brown'],
  ['matrix', true, object, ';R=100;G=200;B=150'],
  ['label', false, 'blue', '.blue'],
  ['label', false, list, '.blue,black,brown'],
  ['label', false, object, '.R,100,G,200,B,150'],
  ['label', true, list, '.blue.black.brown'],
  ['label', true, object, '.R=100.G=200.B=150'],
  ['simple', false, 'blue', 'blue'],
  ['simple', false, list, 'blue,black,brown'],
  ['simple', false, object, 'R,100,G,200,B,150'],
  ['simple', true, list, 'blue,black,brown'],
  ['simple', true, object, 'R=100,G=200,B=150'],
  ['form', false, 'blue', 'color=blue'],
  ['form', false, list, 'color=blue,black,brown'],
  ['form', false, object, 'color=R,100,G,200,B,150'],
  ['form', true, list, 'color=blue&color=black&color=brown'],
  ['form', true, object, 'R=100&G=200&B=150'],
  ['spaceDelimited', false, list, 'color=blue%20black%20brown'],
  ['pipeDelimited', false, list, 'color=blue%7Cblack%7Cbrown'],
  ['deepObject', true, object, 'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150'],
]

for (const [style, explode, value, want] of styles) {
  test(`${style}${explode ? ', exploded' : ''}: ${want}`, () => {
    assert.equal(serialiseStyle('color', style, explode, value), want)
  })
}

function isPerson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { name, age } = value as { name?: unknown; age?: unknown }
  return typeof name === 'string' && (age === undefined || Number.isInteger(age))
}

test('a spoilt body differs from the valid one in a single field, which is named', () => {
  assert.deepEqual(spoilJson({ age: 7, name: 'Ada' }, isPerson), [
    {
      says: 'age has a wrong type',
      value: { age: 2.5, name: 'Ada' },
      field: '/age',
    },
    { says: 'name is missing', value: { age: 7 }, field: '/name' },
    { says: 'the body has a wrong type', value: 'wrong', field: '' },
  ])
})

const numeric = (value: unknown) =>
  ['string', 'number'].includes(typeof value) && /^-?\d+$/.test(String(value))

test('a spoilt form field is wrong whatever type its text is read as', () => {
  const [spoilt] = spoilForm({ age: 7 }, (fields) => numeric((fields as { age: unknown }).age))
  assert.deepEqual(spoilt?.value, { age: 'not as declared' })
})
