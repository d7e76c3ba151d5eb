// Which version of HTTP an upstream is spoken to in, as written and as planned.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText } from './testing.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes:
    get: { operationId: listNotes, responses: { '200': { description: All. } } }
`

const compile = (upstream: string, to: string[] = []) =>
  compileText(contract, upstream === '' ? '' : `upstreams: { service: ${upstream} }\n`, to)

const all = "['http://a', 'https://a', 'unix:/a']"

const planned: readonly [says: string, upstream: string, to: string[], want: unknown[]][] = [
  ['nothing said', `{ endpoints: ${all} }`, [], [undefined, undefined, undefined]],
  ['2 for all of them', `{ endpoints: ${all}, http: 2 }`, [], [2, 2, 2]],
  ['1 for all of them', `{ endpoints: ${all}, http: 1 }`, [], [undefined, undefined, undefined]],
  ['by the address', "{ endpoints: ['h2c://a', 'http://b'] }", [], [2, undefined]],
  ['2 for addresses of the command line', `{ endpoints: ${all}, http: 2 }`, ['https://b'], [2]],
  ['on the command line alone', '', ['h2c://b'], [2]],
]

for (const [says, upstream, to, want] of planned) {
  test(`the version of HTTP: ${says}`, () => {
    const { plan, said } = compile(upstream, to)
    assert.deepEqual(said, [])
    assert.deepEqual(
      plan!.upstreams[0]!.endpoints.map(({ http }) => http),
      want,
    )
  })
}

const refused: readonly [says: string, upstream: string, want: RegExp][] = [
  ['a version that is not spoken', "{ endpoints: ['http://a'], http: 3 }", /must be one of 1, 2/],
  ['two answers', "{ endpoints: ['h2c://a'], http: 1 }", /h2c:\/\/ speaks HTTP\/2/],
  [
    'a header of one client on a connection of many',
    "{ endpoints: ['http://a'], http: 2, proxyProtocol: v2 }",
    /HTTP\/2 shares connections/,
  ],
]

for (const [says, upstream, want] of refused) {
  test(`refused: ${says}`, () => {
    const { plan, said } = compile(upstream)
    assert.equal(plan, undefined)
    assert.match(said.join('\n'), /^concordat\.yaml:1:\d+ error /)
    assert.match(said.join('\n'), want)
  })
}
