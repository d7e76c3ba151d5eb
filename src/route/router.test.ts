import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildRouter, type Match, type PathForm, type RoutePlan, routesProblem } from '../route.ts'

const plan = (text: string, operation: number, more: Partial<RoutePlan> = {}): RoutePlan => {
  const [method, template] = text.split(' ') as [string, string]
  return { method, template, operation, allow: [], ...more }
}

/** A match in one line: `2 usr_1`, `options GET, HEAD, OPTIONS`, `404`, `405 GET, HEAD, OPTIONS`. */
function brief(match: Match): string {
  if (match.at === 'operation') return [match.operation, ...match.values].join(' ')
  if (match.at === 'options') return `options ${match.allow}`
  const { code, headers } = match.refusal
  if (code === 'METHOD_NOT_ALLOWED') return `405 ${headers?.[1]}`
  return code === 'NOT_FOUND' ? '404' : code
}

const find = (routes: RoutePlan[], request: string): string => {
  const [method, path] = request.split(' ') as [string, string]
  return brief(buildRouter(routes).find(method, path))
}

function table(routes: RoutePlan[], rows: [says: string, request: string, want: string][]) {
  const router = buildRouter(routes)
  for (const [says, request, want] of rows) {
    const [method, path] = request.split(' ') as [string, string]
    assert.equal(brief(router.find(method, path)), want, `${says}: ${request}`)
  }
}

test('the most specific template that has the method wins', () => {
  table(
    [
      plan('GET /users', 0),
      plan('GET /users/me', 1),
      plan('GET /users/{id}', 2),
      plan('PATCH /users/{id}', 3),
      plan('GET /users/{id}/posts', 4),
      plan('GET /users/me/keys', 5),
      plan('GET /{any}/{thing}', 6),
      plan('GET /', 7),
    ],
    [
      ['static', 'GET /users', '0'],
      ['static before templated', 'GET /users/me', '1'],
      ['templated', 'GET /users/42', '2 42'],
      ['a static branch without the method gives way', 'PATCH /users/me', '3 me'],
      ['a static branch that ends dead gives way', 'GET /users/me/posts', '4 me'],
      ['deeper static', 'GET /users/me/keys', '5'],
      ['all the way back', 'GET /shops/me', '6 shops me'],
      ['root', 'GET /', '7'],
      ['too short', 'GET /shops', '404'],
      ['too long', 'GET /users/me/keys/1', '404'],
      ['names of Object.prototype are names', 'GET /users/__proto__', '2 __proto__'],
      ['and no static ones', 'GET /constructor', '404'],
    ],
  )
})

test('405 comes only where a template matches the whole path, with the methods of all that do', () => {
  table(
    [
      plan('GET /a/b', 0),
      plan('POST /a/{x}', 1),
      plan('DELETE /{y}/b', 2),
      plan('PUT /a/{x}/c', 3),
      plan('QUERY /q', 4),
      plan('COPY /q', 6),
      plan('TRACE /a/b', 5),
    ],
    [
      ['union', 'PATCH /a/b', '405 GET, HEAD, POST, DELETE, OPTIONS'],
      ['only matching ones', 'PATCH /a/z', '405 POST, OPTIONS'],
      ['a prefix is no match', 'GET /a', '404'],
      ['an unusual method', 'GET /q', '405 QUERY, OPTIONS, COPY'],
      ['of another letter case', 'Copy /q', '405 QUERY, OPTIONS, COPY'],
      ['methods have letter case', 'get /a/b', '405 GET, HEAD, POST, DELETE, OPTIONS'],
      ['TRACE never, declared or not', 'TRACE /a/b', '405 GET, HEAD, POST, DELETE, OPTIONS'],
      ['TRACE of nothing', 'TRACE /nothing', '405 '],
      ['CONNECT', 'CONNECT example.com:443', '405 '],
      ['CONNECT of a bad path', 'CONNECT /a/../b', '405 '],
    ],
  )
})

test('HEAD follows GET and OPTIONS is answered, unless they are declared', () => {
  const routes = [
    plan('GET /a', 0),
    plan('POST /b', 1),
    plan('HEAD /c', 2),
    plan('GET /c', 3),
    plan('OPTIONS /d', 4),
    plan('GET /{x}', 5),
  ]
  table(routes, [
    ['HEAD of GET', 'HEAD /a', '0'],
    ['a declared HEAD', 'HEAD /c', '2'],
    ['HEAD falls back as GET would', 'HEAD /b', '5 b'],
    ['OPTIONS', 'OPTIONS /b', 'options GET, HEAD, POST, OPTIONS'],
    ['a declared OPTIONS', 'OPTIONS /d', '4'],
    ['OPTIONS of nothing', 'OPTIONS /x/y', '404'],
    ['OPTIONS of the server', 'OPTIONS *', 'options GET, HEAD, POST, OPTIONS'],
    ['* is for OPTIONS', 'GET *', 'INVALID_PATH'],
  ])
  const match = buildRouter(routes).find('HEAD', '/a')
  assert.equal(match.at === 'operation' && match.method, 'GET')
})

test('partial segments match, the one with most literal characters first', () => {
  table(
    [
      plan('GET /f/{name}', 0),
      plan('GET /f/{name}.json', 1),
      plan('GET /f/{name}.{ext}', 2),
      plan('GET /f/v{major}.{minor}', 3),
      plan('GET /f/{id}:cancel', 4),
      plan('GET /f/{id}:{verb}', 5),
      plan('GET /f/{id}.tar.{ext}', 6),
      plan('GET /f/{a}--{b}--{c}/x', 7),
    ],
    [
      ['whole', 'GET /f/plain', '0 plain'],
      ['suffix', 'GET /f/a.json', '1 a'],
      ['two', 'GET /f/a.txt', '2 a txt'],
      ['the leftmost takes as much as it can', 'GET /f/a.b.c', '2 a.b c'],
      ['prefix', 'GET /f/v1.2', '3 1 2'],
      ['never empty', 'GET /f/v1.', '0 v1.'],
      ['verb', 'GET /f/a:b:cancel', '4 a:b'],
      ['other verb', 'GET /f/a:b', '5 a b'],
      ['longer literal between', 'GET /f/a.tar.gz', '6 a gz'],
      ['an escape is one character', 'GET /f/a%2Ejson', 'INVALID_PATH'],
      ['three', 'GET /f/1--2--3--4/x', '7 1--2 3 4'],
      ['back out of a partial branch', 'GET /f/1--2/x', '404'],
      ['an escaped separator matches', 'GET /f/%61%3acancel', '4 %61'],
    ],
  )
})

test('escapes match decoded, whatever their spelling, and are captured raw', () => {
  table(
    [
      plan('GET /café/{x}', 0),
      plan('GET /a%20b', 1),
      plan('GET /a{b}2c/{d}', 2),
      plan('GET /~x', 3),
    ],
    [
      ['upper', 'GET /caf%C3%A9/%C3%A9', '0 %C3%A9'],
      ['lower', 'GET /caf%c3%a9/1', '0 1'],
      ['letters escaped', 'GET /%63af%c3%a9/%31', '0 %31'],
      ['space', 'GET /a%20b', '1'],
      ['a literal is not found inside an escape', 'GET /a%2c/1', '404'],
      ['but between two', 'GET /a%252c/1', '2 %25 1'],
      ['but behind one', 'GET /a%25%32c/1%20', '2 %25 1%20'],
      ['unreserved', 'GET /%7Ex', '3'],
      ['raw bytes are refused', 'GET /cafÃ©/1', 'INVALID_PATH'],
    ],
  )
})

const refusedPaths: [says: string, path: string][] = [
  ['escaped slash', '/a%2Fb'],
  ['escaped slash, lower case', '/a%2fb'],
  ['escaped backslash', '/a%5Cb'],
  ['escaped dot', '/a%2Eb'],
  ['NUL', '/a%00'],
  ['escaped control', '/a%0d%0aX'],
  ['escaped DEL', '/a%7f'],
  ['raw control', '/a\tb'],
  ['raw space', '/a b'],
  ['raw DEL', '/a\u007f'],
  ['backslash', '/a\\b'],
  ['fragment', '/a#b'],
  ['empty segment', '/x//y'],
  ['empty segment first', '//x'],
  ['empty segments last', '/x//'],
  ['dot', '/.'],
  ['dot inside', '/x/./y'],
  ['dots', '/x/..'],
  ['dots inside', '/../x'],
  ['escaped dots', '/x/%2e%2E'],
  ['half escaped dots', '/x/.%2e'],
  ['dots before a parameter', '/x/..;a=1'],
  ['malformed escape', '/a%'],
  ['malformed escape, one digit', '/a%4'],
  ['malformed escape, no hex', '/a%zz'],
  ['double encoding of a slash', '/a%252f'],
  ['double encoding of a dot', '/%252e%252e/x'],
  ['double encoding of NUL', '/a%2500'],
  ['triple encoding', '/a%25252F'],
  ['overlong', '/a%c0%af'],
  ['overlong, three bytes', '/a%e0%80%af'],
  ['overlong, four bytes', '/a%f0%80%80%af'],
  ['surrogate', '/a%ed%a0%80'],
  ['beyond Unicode', '/a%f4%90%80%80'],
  ['lone continuation', '/a%80'],
  ['cut short', '/a%c3'],
  ['cut by a slash', '/a%c3/%a9'],
  ['cut by a letter', '/a%c3b'],
  ['no UTF-8 at all', '/a%ff'],
  ['semicolon', '/a;b'],
  ['leading dot', '/.env'],
  ['trailing slash', '/x/'],
  ['no slash first', 'x'],
  ['empty', ''],
  ['question mark', '/a?b'],
]

test('a path that could be read in two ways is refused', () => {
  const router = buildRouter([plan('GET /{a}', 0), plan('GET /{a}/{b}', 1)])
  for (const [says, path] of refusedPaths) {
    assert.equal(brief(router.find('GET', path)), 'INVALID_PATH', `${says}: ${path}`)
  }
})

const openTo = (form: PathForm): RoutePlan[] => [
  plan('GET /{a}', 0, { allow: [form] }),
  plan('GET /{a}/{b}', 1, { allow: [form] }),
]

test('an opt-in opens its own form', () => {
  const rows: [PathForm, path: string, want: string][] = [
    ['encodedSlash', '/a%2Fb', '0 a%2Fb'],
    ['encodedSlash', '/a%252Fb', '0 a%252Fb'],
    ['encodedSlash', '/a%2F..%2Fb', 'INVALID_PATH'],
    ['encodedSlash', '/..%2Fb', 'INVALID_PATH'],
    ['encodedSlash', '/a%2F%2e', 'INVALID_PATH'],
    ['encodedBackslash', '/a%5cb', '0 a%5cb'],
    ['encodedBackslash', '/a%5c..', 'INVALID_PATH'],
    ['encodedDot', '/a%2Eb', '0 a%2Eb'],
    ['encodedDot', '/%2e%2E', 'INVALID_PATH'],
    ['encodedDot', '/%252e%252E/b', 'INVALID_PATH'],
    ['emptySegments', '//a///b', '1 a b'],
    ['emptySegments', '//%61//b', '1 %61 b'],
    ['emptySegments', '/a//', 'INVALID_PATH'],
    ['trailingSlash', '/a/', '0 a'],
    ['trailingSlash', '/a/b/', '1 a b'],
    ['trailingSlash', '/a/%62/', '1 a %62'],
    ['trailingSlash', '/', '404'],
  ]
  for (const [form, path, want] of rows) {
    assert.equal(find(openTo(form), `GET ${path}`), want, `${form}: ${path}`)
  }
})

test('an opt-in opens no other form', () => {
  const own: Record<PathForm, RegExp> = {
    encodedSlash: /%(25)*2f/i,
    encodedBackslash: /%5c/i,
    encodedDot: /a%2e/i,
    emptySegments: /\/\/[xy]/,
    trailingSlash: /[a-z]\/$/,
  }
  for (const form of Object.keys(own) as PathForm[]) {
    const router = buildRouter(openTo(form))
    for (const [says, path] of refusedPaths.filter((row) => !own[form].test(row[1]))) {
      assert.equal(brief(router.find('GET', path)), 'INVALID_PATH', `${form}, ${says}: ${path}`)
    }
  }
})

test('an opt-in of one operation does nothing for another', () => {
  table(
    [
      plan('GET /open/{k}', 0, { allow: ['encodedSlash', 'trailingSlash'] }),
      plan('GET /{a}/{b}', 1),
    ],
    [
      ['open', 'GET /open/a%2Fb', '0 a%2Fb'],
      ['closed', 'GET /shut/a%2Fb', 'INVALID_PATH'],
      ['closed by its slash', 'GET /shut/a/', 'INVALID_PATH'],
      ['another method', 'POST /open/a%2Fb', '405 GET, HEAD, OPTIONS'],
      ['another method of a closed one', 'POST /shut/a%2Fb', 'INVALID_PATH'],
      ['no operation', 'GET /open/a/b%2Fc', 'INVALID_PATH'],
    ],
  )
})

test('a template that ends in a slash needs it, and one that does not has none', () => {
  table(
    [plan('GET /a/', 0), plan('GET /b', 1), plan('POST /b/', 2), plan('GET /{x}/c/', 3)],
    [
      ['with', 'GET /a/', '0'],
      ['without', 'GET /a', '404'],
      ['not declared', 'GET /c/', '404'],
      ['another method has it', 'GET /b/', '405 POST, OPTIONS'],
      ['behind a parameter', 'GET /z/c/', '3 z'],
      ['behind a parameter, without', 'GET /z/c', '404'],
    ],
  )
})

test('semicolons are for matrix style, leading dots for label style', () => {
  table(
    [
      plan('GET /m/{a}/{b}', 0, { matrix: ['b'] }),
      plan('GET /l/{a}/{b}', 1, { label: ['a'] }),
      plan('GET /.well-known/x', 2),
      plan('GET /{file}.{ext}', 3),
    ],
    [
      ['matrix', 'GET /m/1/;b=2;c', '0 1 ;b=2;c'],
      ['not the other one', 'GET /m/1;x/;b=2', 'INVALID_PATH'],
      ['label', 'GET /l/.a.b/c', '1 .a.b c'],
      ['label has no semicolon', 'GET /l/.a;b/c', 'INVALID_PATH'],
      ['not the other one', 'GET /l/.a/.c', 'INVALID_PATH'],
      ['an escaped semicolon is text', 'GET /l/a%3Bb/c', '1 a%3Bb c'],
      ['a literal dot is the contract’s', 'GET /.well-known/x', '2'],
      ['a literal is matched whole', 'GET /.well-known;a/x', '404'],
      ['dots within a segment are text', 'GET /a..b', '3 a. b'],
      ['a trailing dot is text', 'GET /m/1./2', '0 1. 2'],
    ],
  )
})

test('a hostile table is refused rather than slow', () => {
  // At each of 12 levels both branches go on: the last level alone has 4,096 nodes to visit.
  const dense = Array.from({ length: 4096 }, (_, bits) => {
    const segments = Array.from({ length: 12 }, (__, at) => (bits & (1 << at) ? 'a' : `{p${at}}`))
    return plan(`GET /${segments.join('/')}`, bits)
  })
  assert.match(routesProblem(dense) ?? '', /8191 steps/)
  assert.throws(() => buildRouter(dense), /bounded/)
  const alike = Array.from({ length: 2500 }, (_, at) => plan(`GET /{a}.m${at}.{b}`, at))
  assert.match(routesProblem(alike) ?? '', /steps/)
})

test('the steps to find a route do not grow with its siblings', () => {
  const wide = Array.from({ length: 3000 }, (_, at) => [
    plan(`GET /a/r${at}/{id}`, at),
    plan(`GET /a/{x}/s${at}`, at),
    plan(`GET /b/{id}:verb${at + 1000}`, at),
  ]).flat()
  assert.equal(routesProblem(wide), undefined)
  assert.equal(find(wide, 'GET /b/7:verb3999'), '2999 7')
  assert.equal(find(wide, 'GET /a/r17/s5'), '17 s5')
})

test('a path of very many segments finds nothing, at once', () => {
  const router = buildRouter([plan('GET /{a}/b', 0)])
  assert.equal(brief(router.find('GET', '/a'.repeat(500_000))), '404')
  assert.equal(brief(router.find('GET', `${'/a'.repeat(500_000)}%20`)), '404')
  assert.equal(brief(router.find('GET', `/${'%25'.repeat(300_000)}2f`)), 'INVALID_PATH')
})

test('one search leaves nothing behind for the next', () => {
  const router = buildRouter([plan('GET /a/{x}', 0), plan('POST /b/{x}', 1)])
  assert.equal(brief(router.find('PUT', '/a/1')), '405 GET, HEAD, OPTIONS')
  assert.equal(brief(router.find('GET', '/c/1')), '404')
  const first = router.find('GET', '/a/1')
  router.find('POST', '/b/2')
  assert.equal(brief(first), '0 1')
})
