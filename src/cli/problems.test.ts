// Problems in words and in JSON.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '../base.ts'
import { problemCounts, problemJson, problemLines } from './problems.ts'

const problem = (severity: Problem['severity'], file: string): Problem => ({
  severity,
  message: 'it is wrong',
  place: { file, line: 3, column: 5 },
})

const plain = (_tint: string, text: string) => text

const places: [says: string, file: string, want: string][] = [
  ['a file under the folder is shown from there', '/api/v1/openapi.yaml', 'v1/openapi.yaml:3:5'],
  ['a file elsewhere is shown whole', '/other/openapi.yaml', '/other/openapi.yaml:3:5'],
  ['the folder itself has a name too', '/api', '/api:3:5'],
  ['an address of a file is a path', 'file:///api/a%20b.yaml', 'a b.yaml:3:5'],
]

for (const [says, file, want] of places) {
  test(says, () => {
    const lines = problemLines([problem('error', file)], '/api', plain)
    assert.equal(lines, `${want} error it is wrong\n`)
  })
}

test('what was given on the command line has no line to name', () => {
  const onCommandLine = { ...problem('error', '--to'), place: { file: '--to', line: 0, column: 0 } }
  assert.equal(problemLines([onCommandLine], '/api', plain), '--to error it is wrong\n')
})

test('problems are counted by severity, worst first', () => {
  const all = (['note', 'error', 'warning', 'error'] as const).map((one) => problem(one, 'x'))
  assert.equal(problemCounts(all), '2 errors, 1 warning, 1 note')
  assert.equal(problemCounts([]), undefined)
})

test('a machine gets the place in parts', () => {
  assert.deepEqual(problemJson(problem('warning', '/api/x.yaml'), '/api'), {
    severity: 'warning',
    message: 'it is wrong',
    file: 'x.yaml',
    line: 3,
    column: 5,
  })
})
