// What a rewrite sends is a path that the gateway itself would take, whatever was sent to it: the
// strict reader of paths is the judge.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { exchangeWith, operationWith, siteWith, toolsWith } from '../src/policy/testing.ts'
import { rewrite, type RewriteConfig } from '../src/policy/rewrite.ts'
import { buildRouter, type PathForm, type RoutePlan } from '../src/route.ts'
import { readPath } from '../src/route/path.ts'

const allow: readonly PathForm[] = [
  'encodedSlash',
  'encodedBackslash',
  'encodedDot',
  'emptySegments',
  'trailingSlash',
]

const template = '/v1/x{a}/{b}.json'
const route: RoutePlan = { method: 'GET', template, operation: 0, allow }

const router = buildRouter([route])
const operation = operationWith({ template: '/x{a}/{b}.json', basePaths: ['/v1'] })

const configs: readonly RewriteConfig[] = [
  { path: '/{a}/y' },
  { path: '/y/{b}' },
  { path: '/{a}{b}' },
  { path: '/.{a}/{b}.' },
  { path: '/y/{b}/' },
  { prefix: { from: '/v1', to: '' } },
  { prefix: { from: '/v1', to: '/other/one' } },
]

const steps = configs.map((config) => {
  assert.ok(rewrite.schema(z).safeParse(config).success)
  const plan = rewrite.compile(config, siteWith(operation) as never)
  assert.ok(plan !== undefined && rewrite.phase === 'prepare')
  return rewrite.link(plan, toolsWith())
})

const pieces = [
  '.',
  '..',
  '%2e',
  '%252e',
  '%2F',
  '%5c',
  '%255C',
  ';',
  '%3b',
  'a',
  '%61',
  '%25',
  '/',
  '//',
  '%C3%A9',
]

const values = fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((all) => all.join(''))

/** The text of the contract, some of it escaped. */
const escaped = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((which) =>
      [...text].map((one, i) => (which[i]! ? `%${one.charCodeAt(0).toString(16)}` : one)).join(''),
    )

const slashes = fc.constantFrom('/', '/', '/', '//')

const paths = fc
  .tuple(slashes, escaped('v1'), slashes, escaped('x'), values, slashes, values)
  .map(([s1, v1, s2, x, a, s3, b]) => `${s1}${v1}${s2}${x}${a}${s3}${b}.json`)

test('a rewritten path is one that would be taken, or none is sent', () => {
  let sent = 0
  fc.assert(
    fc.property(paths, fc.constantFrom(...steps), (path, step) => {
      const match = router.find('GET', path)
      if (match.at !== 'operation') return
      const exchange = { ...exchangeWith([]), path, pathValues: match.values }
      const verdict = step(exchange)
      if (verdict !== undefined) return
      sent++
      const read = readPath(exchange.path)
      const says = `${path} is sent as ${exchange.path}`
      assert.ok(typeof read !== 'string', says)
      assert.doesNotMatch(exchange.path, /\/\/|[^!-~]|[?#]/, says)
    }),
    { numRuns: 20_000 },
  )
  assert.ok(sent > 100)
})

test('what replaces a prefix stands before the rest of the path, however the prefix was escaped', () => {
  const plan = rewrite.compile({ prefix: { from: '/v1', to: '' } }, siteWith(operation) as never)
  assert.ok(plan !== undefined && rewrite.phase === 'prepare')
  const step = rewrite.link(plan, toolsWith())
  for (const path of ['/v1/xa/b.json', '/%76%31/xa/b.json', '//v1/xa/b.json']) {
    const exchange = { ...exchangeWith([]), path }
    step(exchange)
    assert.equal(exchange.path, '/xa/b.json', path)
  }
})
