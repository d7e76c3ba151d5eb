// The official JSON Schema test suite: every required case of 2020-12, and of draft 4 those that
// OpenAPI 3.0 keeps.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { suite, test } from 'node:test'
import { createSchemaCompiler, type Dialect, linkSchemas, type SchemaPlan } from '../schema.ts'
import { fixtureNames, fixturePath, fixturesAbsent, fixtureText } from '../../test/fixtures.ts'

interface Group {
  readonly description: string
  readonly schema: unknown
  readonly tests: readonly { description: string; data: unknown; valid: boolean }[]
}

const groupsOf = (folder: string, file: string): Group[] =>
  JSON.parse(fixtureText('json-schema', folder, file)) as Group[]

/** Metaschemas, which the suite takes for granted, as a validator in the tests brings them. */
function metaschemas(): [string, unknown][] {
  const require = createRequire(import.meta.url)
  const folder = join(require.resolve('ajv/dist/2020.js'), '..', 'refs', 'json-schema-2020-12')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { $id: string })
    .map((schema) => [schema.$id, schema])
}

/** The metaschema of draft 4, from the other validator in the tests. */
async function metaschema4(): Promise<[string, unknown]> {
  const path = join(
    import.meta.dirname,
    '../../node_modules/@hyperjump/json-schema/draft-04/schema.js',
  )
  const { default: schema } = (await import(path)) as { default: unknown }
  return ['http://json-schema.org/draft-04/schema', schema]
}

function remotes(): [string, unknown][] {
  const folder = fixturePath('json-schema', 'remotes')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => join(folder, file))
    .map((file) => [
      `http://localhost:1234/${relative(folder, file)}`,
      JSON.parse(readFileSync(file, 'utf8')) as unknown,
    ])
}

/** What each case says, beside the verdicts of the fast path and of the explaining one. */
function verdicts(group: Group, dialect: Dialect, documents: Iterable<[string, unknown]>) {
  const uri = 'http://test.example/schema'
  const compiler = createSchemaCompiler({
    documents: new Map([...documents, [uri, group.schema]]),
    formats: 'annotate',
  })
  const number = compiler.add({ uri, pointer: '' }, dialect)
  const { plan, problems } = compiler.finish()
  const errors = problems.filter((problem) => problem.severity === 'error')
  assert.deepEqual(errors, [], group.description)
  const check = linkSchemas(JSON.parse(JSON.stringify(plan)) as SchemaPlan)(number)
  return group.tests.map((one) => ({
    says: `${group.description}: ${one.description}`,
    want: one.valid,
    got: check.valid(one.data),
    explained: check.errors(one.data, 100).length === 0,
  }))
}

suite('JSON Schema 2020-12', { skip: fixturesAbsent }, () => {
  const documents = fixturesAbsent === false ? [...metaschemas(), ...remotes()] : []
  let cases = 0
  for (const file of fixturesAbsent === false ? fixtureNames('json-schema', 'draft2020-12') : []) {
    test(file, () => {
      for (const group of groupsOf('draft2020-12', file)) {
        for (const one of verdicts(group, '2020-12', documents)) {
          cases++
          assert.equal(one.got, one.want, one.says)
          assert.equal(one.explained, one.want, `explained: ${one.says}`)
        }
      }
    })
  }
  test('is all there: 1,299 required cases', () => assert.equal(cases, 1_299))
})

const lists = '`items` is one schema in 3.0, never a list'
const patterns = '3.0 has no `patternProperties`'
const dependencies = '3.0 has no `dependencies`'
const identifiers = 'schemas of 3.0 have no `id`; references are relative to the document'

const notKept: readonly (readonly [string, string, string])[] = [
  ['additionalItems.json', 'additionalItems as schema', lists],
  ['additionalItems.json', 'array of items with no additionalItems permitted', lists],
  ['additionalItems.json', 'additionalItems are allowed by default', lists],
  ['additionalItems.json', 'additionalItems does not look in applicators, invalid case', lists],
  [
    'additionalItems.json',
    'items validation adjusts the starting index for additionalItems',
    lists,
  ],
  ['additionalItems.json', 'additionalItems with heterogeneous array', lists],
  [
    'additionalProperties.json',
    'additionalProperties being false does not allow other properties',
    patterns,
  ],
  ['additionalProperties.json', 'non-ASCII pattern with additionalProperties', patterns],
  ['dependencies.json', 'dependencies', dependencies],
  ['dependencies.json', 'multiple dependencies', dependencies],
  ['dependencies.json', 'multiple dependencies subschema', dependencies],
  ['dependencies.json', 'dependencies with escaped characters', dependencies],
  ['dependencies.json', 'dependent subschema incompatible with root', dependencies],
  ['items.json', 'an array of schemas for items', lists],
  ['items.json', 'items and subitems', lists],
  ['items.json', 'array-form items with null instance elements', lists],
  ['patternProperties.json', 'patternProperties validates properties matching a regex', patterns],
  ['patternProperties.json', 'multiple simultaneous patternProperties are validated', patterns],
  [
    'patternProperties.json',
    'regexes are not anchored by default and are case sensitive',
    patterns,
  ],
  ['properties.json', 'properties, patternProperties, additionalProperties interaction', patterns],
  ['ref.json', 'relative pointer ref to array', lists],
  ['ref.json', '$ref prevents a sibling id from changing the base uri', identifiers],
  ['ref.json', 'Recursive references between schemas', identifiers],
  ['ref.json', 'Location-independent identifier', identifiers],
  ['ref.json', 'Location-independent identifier with base URI change in subschema', identifiers],
  [
    'ref.json',
    'id must be resolved against nearest parent, not just immediate parent',
    identifiers,
  ],
  ['refRemote.json', 'base URI change', identifiers],
  ['refRemote.json', 'base URI change - change folder', identifiers],
  ['refRemote.json', 'base URI change - change folder in subschema', identifiers],
  ['refRemote.json', 'root ref in remote ref', identifiers],
  ['refRemote.json', 'Location-independent identifier in remote ref', identifiers],
  ['uniqueItems.json', 'uniqueItems with an array of items', lists],
  ['uniqueItems.json', 'uniqueItems with an array of items and additionalItems=false', lists],
  ['uniqueItems.json', 'uniqueItems=false with an array of items', lists],
  ['uniqueItems.json', 'uniqueItems=false with an array of items and additionalItems=false', lists],
]

const isKept = (file: string, group: string): boolean =>
  !notKept.some(([otherFile, otherGroup]) => otherFile === file && otherGroup === group)

for (const dialect of ['draft-4', 'openapi-3.0'] as const) {
  suite(`JSON Schema draft 4 as ${dialect}`, { skip: fixturesAbsent }, () => {
    for (const file of fixturesAbsent === false ? fixtureNames('json-schema', 'draft4') : []) {
      test(file, async () => {
        const documents = [await metaschema4(), ...remotes()]
        const groups = groupsOf('draft4', file)
        const kept = groups.filter(
          (group) => dialect === 'draft-4' || isKept(file, group.description),
        )
        for (const group of kept) {
          for (const one of verdicts(group, dialect, documents)) {
            assert.equal(one.got, one.want, one.says)
            assert.equal(one.explained, one.want, `explained: ${one.says}`)
          }
        }
      })
    }
  })
}

suite('draft 4 cases that OpenAPI 3.0 does not keep', { skip: fixturesAbsent }, () => {
  for (const [file, description, reason] of notKept) {
    test(`${file}: ${description}: ${reason}`, () => {
      const groups = groupsOf('draft4', file)
      assert.ok(groups.some((group) => group.description === description))
    })
  }
})
