import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conflicts, type RoutePlan, templateProblem } from '../route.ts'

test('a malformed template is told from a sound one', () => {
  const rows: [template: string, want: RegExp | undefined][] = [
    ['/', undefined],
    ['/users/{id}/', undefined],
    ['/v{major}.{minor}/{id}:cancel', undefined],
    ['/caf%C3%A9/日本 x', undefined],
    ['/.well-known/a;b', undefined],
    ['/{user id}/{X-Y}', undefined],
    ['users', /slash/],
    ['', /slash/],
    ['/a//b', /empty/],
    ['/a/../b', /dot/],
    ['/./b', /dot/],
    ['/{a', /not closed/],
    ['/a}', /no such text/],
    ['/{}', /no name/],
    ['/{a{b}}', /no name/],
    ['/{a}{b}', /side by side/],
    ['/{a}/{a}', /twice/],
    ['/a?b=c', /no such text/],
    ['/a#b', /no such text/],
    ['/a%2Fb', /no such text/],
    ['/a%2eb', /no such text/],
    ['/a%00', /no such text/],
    ['/a%0A', /no such text/],
    ['/a%zz', /no such text/],
    ['/a%ff', /no such text/],
    ['/a\\b', /no such text/],
    ['/a\ud800', /no such text/],
    ['/a'.repeat(65), /segments/],
    [`/${'a'.repeat(5000)}`, /characters/],
    [`/${Array.from({ length: 31 }, (_, at) => `{p${at}}`).join('/')}`, /parameters/],
  ]
  for (const [template, want] of rows) {
    const problem = templateProblem(template)
    if (want === undefined) assert.equal(problem, undefined, template)
    else assert.match(problem ?? 'sound', want, template)
  }
})

const routes = (...texts: string[]): RoutePlan[] =>
  texts.map((text, operation) => {
    const [method, template] = text.split(' ') as [string, string]
    return { method, template, operation, allow: [] }
  })

test('only identical shapes conflict', () => {
  const rows: [says: string, first: string, second: string, isConflict: boolean][] = [
    ['the same', 'GET /a', 'GET /a', true],
    ['names do not count', 'GET /{a}/x', 'GET /{b}/x', true],
    ['nor spelling', 'GET /café', 'GET /caf%c3%a9', true],
    ['partial ones', 'GET /{a}.{b}', 'GET /{c}.{d}', true],
    ['methods', 'GET /a', 'POST /a', false],
    ['overlap', 'GET /{a}/b', 'GET /a/{b}', false],
    ['static in templated', 'GET /{a}', 'GET /a', false],
    ['partial in whole', 'GET /{a}', 'GET /{a}.json', false],
    ['a slash', 'GET /a', 'GET /a/', false],
    ['letter case', 'GET /a', 'GET /A', false],
    ['malformed ones are not compared', 'GET /{', 'GET /{', false],
  ]
  for (const [says, first, second, isConflict] of rows) {
    const found = conflicts(routes('GET /other', first, second))
    assert.deepEqual(
      found.map((one) => [one.first, one.second]),
      isConflict ? [[1, 2]] : [],
      says,
    )
  }
})

test('a conflict says what it is, and names the first of its kind each time', () => {
  assert.deepEqual(conflicts(routes('GET /{a}', 'GET /{b}', 'GET /{a}')), [
    { first: 0, second: 1, why: 'GET /{b} matches the same paths as /{a}' },
    { first: 0, second: 2, why: 'GET /{a} is declared twice' },
  ])
})
