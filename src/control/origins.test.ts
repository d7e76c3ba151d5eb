// Where what is in force was written, from texts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeText } from '../base.ts'
import { type Origin, originsOf } from './origins.ts'
import { compileText } from './testing.ts'
import { wordsOf } from './words.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes:
    get:
      responses: { '200': { description: All. } }
    post:
      x-concordat:
        limits: { bodyBytesMax: 100 }
        policies:
          limit: { requestsMax: 5 }
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { '200': { description: Done. } }
    delete:
      x-concordat: { policies: { limit: { mode: off } }, loosen: [limit] }
      responses: { '200': { description: Gone. } }
`

const config = `audience: public
policies:
  limit: { mode: shadow }
`

const text = (origin: Origin): string =>
  origin.at === 'place' ? placeText(origin.place) : origin.at

const looked = ['limit', 'validation', 'secure-headers']

/** `policy mode origin` of each of these policies of an operation. */
function toldOf(operation: number): string[] {
  const { origins, said } = compileText(contract, config)
  assert.ok(origins !== undefined, said.join('\n'))
  const { policies } = originsOf(origins, operation)
  const told = policies.filter(({ policy }) => looked.includes(policy))
  return told.map(({ policy, mode, origin }) => `${policy} ${mode} ${text(origin)}`)
}

const ofApi = 'limit shadow concordat.yaml:3:3'
const defaults = ['validation enforce default', 'secure-headers enforce default']

const cases: [says: string, operation: number, want: string[]][] = [
  ['an operation without settings has those of the configuration', 0, [ofApi, ...defaults]],
  [
    'what a level adds is named by its own place',
    1,
    [ofApi, 'limit shadow openapi.yaml:11:11', ...defaults],
  ],
  ['what is off is told, too', 2, ['limit off openapi.yaml:15:34', ...defaults]],
  ['requests of no operation have what is said of the whole API', -1, [ofApi, defaults[1]!]],
]

for (const [says, operation, want] of cases) {
  test(says, () => assert.deepEqual(toldOf(operation), want))
}

test('a bound is told with the place that wrote it', () => {
  const { origins } = compileText(contract, config)
  const told = originsOf(origins!, 1).limits.map(
    ({ name, value, origin }) => `${name} ${value} ${text(origin)}`,
  )
  assert.deepEqual(told, ['bodyBytesMax 100 openapi.yaml:9:19'])
  assert.deepEqual(originsOf(origins!, 0).limits, [])
})

test('operations with the same settings share one list', () => {
  const many = Array.from(
    { length: 50 },
    (_, i) => `  /n${i}:
    get: { responses: { '200': { description: One. } } }
`,
  )
  const { origins } = compileText(`${contract}${many.join('')}`, config)
  assert.equal(origins!.operations.length, 53)
  assert.equal(new Set(origins!.operations).size, 3)
})

const words: [says: string, config: unknown, want: string][] = [
  ['numbers with their names', { requestsMax: 5, windowMs: 1000 }, 'requestsMax 5, windowMs 1000'],
  ['a word alone', 'upstream', 'upstream'],
  ['what is not given is left out', { allow: undefined, deny: ['10.0.0.1'] }, 'deny 10.0.0.1'],
  [
    'a long list by its first members',
    { deny: ['a', 'b', 'c', 'd', 'e', 'f'] },
    'deny a b c d and 2 more',
  ],
  ['an object by its names', { fields: { A: '1', B: '2' } }, 'fields A B'],
  ['what may be a secret is hidden', { apiKey: 'k', to: 'x' }, 'apiKey (hidden), to x'],
  ['nothing', { fields: {}, hide: [] }, 'fields none, hide none'],
  ['at length', { name: 'x'.repeat(500) }, `name ${'x'.repeat(155)}…`],
]

for (const [says, given, want] of words) {
  test(`a configuration in words: ${says}`, () => assert.equal(wordsOf(given), want))
}
