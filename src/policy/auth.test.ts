import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Refusal } from '../base.ts'
import type { SecurityAlternative, SecurityUse } from '../contract.ts'
import type { HeaderList } from '../http.ts'
import { auth } from './auth.ts'
import { exchangeWith, fieldLines, operationWith, siteWith, toolsWith } from './testing.ts'

const use = (more: Partial<SecurityUse>): SecurityUse => ({
  scheme: 'one',
  type: 'apiKey',
  in: undefined,
  name: undefined,
  httpScheme: undefined,
  scopes: [],
  ...more,
})

const bearer = use({ type: 'http', httpScheme: 'bearer' })
const basic = use({ type: 'http', httpScheme: 'basic' })
const oauth = use({ type: 'oauth2', scopes: ['read', 'write'] })
const openId = use({ type: 'openIdConnect' })
const header = use({ in: 'header', name: 'X-API-Key' })
const query = use({ in: 'query', name: 'api key' })
const cookie = use({ in: 'cookie', name: 'session' })

function verdictOf(security: readonly SecurityAlternative[], headers: HeaderList, text?: string) {
  const plan = auth.compile('upstream', siteWith(operationWith({ security })))!
  assert.equal(auth.phase, 'admit')
  return auth.link(plan, toolsWith())(exchangeWith(headers, text)) as Refusal | undefined
}

type Case = readonly [
  says: string,
  security: readonly SecurityAlternative[],
  headers: HeaderList,
  query: string | undefined,
  passes: boolean,
]

const cases: readonly Case[] = [
  ['bearer', [[bearer]], ['Authorization', 'Bearer x'], undefined, true],
  ['bearer in any case', [[bearer]], ['authorization', 'bEARER x'], undefined, true],
  ['bearer without a token', [[bearer]], ['Authorization', 'Bearer '], undefined, false],
  ['another scheme', [[bearer]], ['Authorization', 'Basic eDp5'], undefined, false],
  ['a scheme that only begins so', [[bearer]], ['Authorization', 'BearerX y'], undefined, false],
  ['nothing', [[bearer]], [], undefined, false],
  ['basic', [[basic]], ['Authorization', 'Basic eDp5'], undefined, true],
  ['oauth2', [[oauth]], ['Authorization', 'Bearer x'], undefined, true],
  ['openIdConnect', [[openId]], ['Authorization', 'Bearer x'], undefined, true],
  ['a key in a header', [[header]], ['x-api-key', 'k'], undefined, true],
  ['an empty key', [[header]], ['x-api-key', ''], undefined, false],
  ['a key by another name', [[header]], ['x-api-key-2', 'k'], undefined, false],
  ['a key in the query, escaped', [[query]], [], 'a=1&api%20key=k', true],
  ['a key in the query, with a plus', [[query]], [], 'api+key=k', true],
  ['an empty key in the query', [[query]], [], 'api%20key=&a=1', false],
  ['a key whose name only ends so', [[query]], [], 'my%20api%20key=k', false],
  ['a cookie', [[cookie]], ['Cookie', 'a=1; session=k'], undefined, true],
  [
    'a cookie in another field',
    [[cookie]],
    ['Cookie', 'a=1', 'cookie', 'session=k'],
    undefined,
    true,
  ],
  ['a cookie by another name', [[cookie]], ['Cookie', 'xsession=k; Session=k'], undefined, false],
  ['an empty cookie', [[cookie]], ['Cookie', 'session=; a=1'], undefined, false],
  ['one of two', [[bearer], [header]], ['x-api-key', 'k'], undefined, true],
  ['both of a set', [[bearer, header]], ['Authorization', 'Bearer x', 'x-api-key', 'k'], '', true],
  ['half of a set', [[bearer, header]], ['x-api-key', 'k'], undefined, false],
]

for (const [says, security, headers, text, passes] of cases) {
  test(`${passes ? 'lets through' : 'refuses'}: ${says}`, () => {
    assert.equal(verdictOf(security, headers, text)?.code, passes ? undefined : 'UNAUTHENTICATED')
  })
}

test('a 401 carries one challenge for each way, and says them in words', () => {
  const refusal = verdictOf([[bearer], [basic], [header], [bearer, cookie]], [])!
  assert.deepEqual(fieldLines(refusal.headers!), [
    'WWW-Authenticate: Bearer realm="api"',
    'WWW-Authenticate: Basic realm="api"',
    'WWW-Authenticate: ApiKey realm="api", in="header", name="X-API-Key"',
    'WWW-Authenticate: ApiKey realm="api", in="cookie", name="session"',
  ])
  assert.match(refusal.message, /'Authorization' with Bearer, or .* or header 'X-API-Key'/)
})

test('a challenge names the scopes of OAuth', () => {
  assert.deepEqual(verdictOf([[oauth]], [])!.headers, [
    'WWW-Authenticate',
    'Bearer realm="api", scope="read write"',
  ])
})

test('nothing of a contract breaks out of a challenge', () => {
  const hostile = use({ in: 'query', name: 'a"\r\nX: y\\' })
  const [, value] = verdictOf([[hostile]], [])!.headers!
  assert.equal(value, 'ApiKey realm="api", in="query", name="a\\"X: y\\\\"')
})

test('an operation that is open, or open among others, costs nothing', () => {
  for (const security of [[], [[]], [[bearer], []]]) {
    assert.equal(auth.compile('upstream', siteWith(operationWith({ security }))), undefined)
  }
})

const objections: readonly [says: string, use: SecurityUse, want: RegExp][] = [
  ['a scheme that is not bound', bearer, /'one' is not bound/],
  ['a scheme by an inherited name', { ...bearer, scheme: 'constructor' }, /'constructor' is not/],
  ['mutualTLS', use({ type: 'mutualTLS', scheme: 'two' }), /'two' is mutualTLS/],
]

for (const [says, one, want] of objections) {
  test(`refused at check: ${says}`, () => {
    const problems: string[] = []
    const site = siteWith(operationWith({ security: [[one]] }), problems)
    auth.compile({ schemes: { two: 'upstream' } }, site)
    assert.equal(problems.length, 1)
    assert.match(problems[0]!, want)
  })
}
