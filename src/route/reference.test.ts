// The router against a slow one that tries every template with a regular expression of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { buildRouter, conflicts, type Match, type RoutePlan } from '../route.ts'

/** Sorts like the tree walks: segment by segment, literal, then partial, then whole parameter. */
function rankOf(template: string): (number | string)[][] {
  return template.split('/').map((text) => {
    const literals = text.split(/\{[^}]*\}/)
    const length = literals.join('').length
    if (literals.length === 1) return [0]
    if (length === 0) return [2]
    const between = literals.slice(1, -1)
    return [1, -length, -literals[0]!.length, -literals.at(-1)!.length, between.length, ...between]
  })
}

function compareRanks(a: (number | string)[][], b: (number | string)[][]): number {
  const [left, right] = [a.flat(), b.flat()]
  for (let at = 0; at < left.length; at++) {
    if (left[at] !== right[at]) return left[at]! < right[at]! ? -1 : 1
  }
  return 0
}

const escapeRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

function regExpOf(template: string): RegExp {
  const parts = template.split(/\{[^}]*\}/).map(escapeRegExp)
  return new RegExp(`^${parts.join('([^/]+)')}$`)
}

function naiveFind(
  routes: readonly RoutePlan[],
  method: string,
  path: string,
): Match['at'] | string {
  const decoded = decodeURIComponent(path)
  const matching = routes.filter(({ template }) => regExpOf(template).test(decoded))
  const best = matching
    .filter((route) => route.method === method)
    .sort((a, b) => compareRanks(rankOf(a.template), rankOf(b.template)))[0]
  if (best === undefined) return matching.length > 0 ? '405' : '404'
  const values = regExpOf(best.template).exec(decoded)!.slice(1)
  return [best.operation, ...values].join(' ')
}

function treeFind(routes: readonly RoutePlan[], method: string, path: string): string {
  const match = buildRouter(routes).find(method, path)
  if (match.at === 'refused') return match.refusal.code === 'NOT_FOUND' ? '404' : '405'
  if (match.at === 'options') return 'options'
  return [match.operation, ...match.values.map(decodeURIComponent)].join(' ')
}

const templateSegment = fc.constantFrom(
  'a',
  'b',
  'é',
  'a.b',
  '{}',
  '{}',
  '{}.b',
  'a{}',
  '{}.{}',
  'a{}.{}',
  '{}:a',
  '{}.a.{}',
  '{}-{}.{}',
)
const pathSegment = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    '%61',
    '%C3%A9',
    '%c3%a9',
    'a.b',
    'a.b.b',
    'ab.a.b',
    'b:a',
    'a-b.a-b.b',
    'b%3aa',
  ),
  fc.string({ unit: fc.constantFrom('a', 'b', '-', ':', 'a.', '%61'), minLength: 1, maxLength: 6 }),
)
const routesArbitrary = fc
  .array(
    fc.tuple(
      fc.constantFrom('GET', 'POST'),
      fc.array(templateSegment, { minLength: 1, maxLength: 4 }),
    ),
    {
      maxLength: 25,
    },
  )
  .map((list) => {
    const routes = list.map(([method, segments], operation): RoutePlan => {
      let at = 0
      const template = `/${segments.join('/').replaceAll('{}', () => `{p${at++}}`)}`
      return { method, template, operation, allow: [] }
    })
    const seconds = new Set(conflicts(routes).map(({ second }) => second))
    return routes.filter((_, at) => !seconds.has(at))
  })
const pathArbitrary = fc
  .array(pathSegment, { minLength: 1, maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`)

test('the tree finds what trying every template finds', () => {
  const law = fc.property(
    routesArbitrary,
    fc.constantFrom('GET', 'POST', 'PUT'),
    pathArbitrary,
    (routes, method, path) => {
      assert.equal(treeFind(routes, method, path), naiveFind(routes, method, path))
    },
  )
  fc.assert(law, { seed: 20_260_312, numRuns: 3_000 })
})

test('any bytes at all get an answer, and what is found is what was sent', () => {
  const routes = ['/{a}', '/{a}/{b}', '/x{a}.{b}', '/{a}/y/'].map(
    (template, operation): RoutePlan => ({
      method: 'GET',
      template,
      operation,
      allow: ['encodedSlash', 'encodedBackslash', 'encodedDot', 'emptySegments', 'trailingSlash'],
      matrix: ['a', 'b'],
      label: ['a', 'b'],
    }),
  )
  const router = buildRouter(routes)
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '.',
      '%',
      '%2',
      '%2f',
      '%25',
      '%2e',
      '%c3',
      '%a9',
      ';',
      '\\',
      '\0',
      'y',
      'x',
    ),
    fc.string({ maxLength: 3 }),
  )
  const law = fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
    const path = `/${pieces.join('')}`
    const match = router.find('GET', path)
    if (match.at !== 'operation') return
    const decoded = decodeURIComponent(path)
    assert.ok(!/[/\\]\.{1,2}($|[/\\;])|\0/.test(decoded), path)
    let from = 0
    for (const value of match.values) {
      const at = path.indexOf(value, from)
      assert.ok(value !== '' && at >= 0 && !value.includes('/'), `${value} in ${path}`)
      from = at + value.length
    }
  })
  fc.assert(law, { seed: 20_260_312, numRuns: 20_000 })
})
