// The official JSON Schema test suite: every required case of 2020-12, and of draft 4 those that
// OpenAPI 3.0 keeps.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { suite, test } from 'node:test'
import { createSchemaCompiler, type Dialect, linkSchemas } from '../schema.ts'
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
  const check = linkSchemas(structuredClone(plan))(number)
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
