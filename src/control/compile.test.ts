import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperationPlan } from '../snapshot.ts'
import { contract, errorsOf, onDocument, onPath, onPost } from './contract-for-tests.ts'
import { compileText } from './testing.ts'

/** `scope requests/burst` of each limit. */
function limitsOf({ policies }: OperationPlan): string[] {
  const plans = policies.filter(({ policy }) => policy === 'limit').map(({ plan }) => plan)
  return (plans as { scope: string; requestsMax: number; burstMax: number }[]).map(
    ({ scope, requestsMax, burstMax }) => `${scope} ${requestsMax}/${burstMax}`,
  )
}

test('a contract and an address are enough', () => {
  const { plan, said } = compileText(contract)
  assert.deepEqual(errorsOf(said), [])
  assert.ok(plan)
  assert.equal(plan.title, 'Things')
  assert.equal(plan.audience, 'public')
  assert.deepEqual(plan.upstreams, [
    {
      name: 'default',
      endpoints: [{ host: '127.0.0.1', port: 3000, basePath: '' }],
      preserveHost: false,
    },
  ])
  const ids = plan.operations.map(({ id }) => id)
  assert.deepEqual(ids, ['listThings', 'makeThing', 'getThing'])
})

test('every base path routes, and the first names the operation in metrics', () => {
  const { plan } = compileText(contract)
  assert.deepEqual(
    plan!.routes.filter(({ operation }) => operation === 2),
    [
      {
        method: 'GET',
        template: '/v1/things/{id}/{kind}',
        operation: 2,
        allow: [],
        label: ['kind'],
      },
      {
        method: 'GET',
        template: '/v2/things/{id}/{kind}',
        operation: 2,
        allow: [],
        label: ['kind'],
      },
    ],
  )
  assert.equal(plan!.operations[2]!.template, '/v1/things/{id}/{kind}')
})

test('an operation says what it declares of replies', () => {
  const [list] = compileText(contract).plan!.operations
  assert.deepEqual([list!.statuses, list!.replyTypes], [['200', '4XX'], ['application/json']])
})

const bodies: [declared: string, mode: string, want: Partial<OperationPlan>][] = [
  ['', 'enforce', { body: 'refused' }],
  ['', 'off', { body: 'streamed' }],
  ['requestBody: { content: {} },', 'enforce', { body: 'streamed', bodyTypes: [] }],
  [
    'requestBody: { content: { application/json: {}, image/png: {} } },',
    'enforce',
    {
      body: 'held',
      bodyTypes: ['application/json', 'image/png'],
      heldTypes: ['application/json'],
      replyTypes: ['text/plain'],
    },
  ],
  [
    'requestBody: { content: { application/json: {} } },',
    'off',
    { body: 'streamed', bodyTypes: [], heldTypes: [], replyTypes: [] },
  ],
  [
    'requestBody: { content: { application/json: {} } },',
    'shadow',
    { body: 'held', validationInShadow: true },
  ],
]

for (const [declared, mode, want] of bodies) {
  test(`what becomes of a body: ${declared} validation ${mode}`, () => {
    const { plan, said } = compileText(`openapi: 3.1.0
info: { title: T, version: '1' }
x-concordat: { policies: { validation: { mode: '${mode}' } } }
paths:
  /a: { post: { ${declared} responses: { '200': { description: a, content: { text/plain: {} } } } } }
`)
    const operation = plan?.operations[0]
    assert.partialDeepStrictEqual(operation, want, said.join('\n'))
  })
}

test('without a configuration a scheme is left to the service, and that is said once', () => {
  const { plan, said } = compileText(contract)
  const notes = said.filter((line) => line.includes("security scheme 'key'"))
  assert.equal(notes.length, 1)
  assert.match(notes[0]!, /^openapi\.yaml:6:\d+ note .*'auth: upstream'/)
  const auth = plan!.operations.map(({ policies }) => policies.some((one) => one.policy === 'auth'))
  assert.deepEqual(auth, [false, true, false])
})

/** What is said of a contract with so many operations, each with a limit of its own. */
function saidOfLimits(operations: number): readonly string[] {
  const setting = 'x-concordat: { policies: { limit: { requestsMax: 1, burstMax: 1 } } }'
  const paths = Array.from(
    { length: operations },
    (_, i) => `  /a${i}: { get: { ${setting}, responses: { '200': { description: ok } } } }\n`,
  )
  const head = "openapi: 3.1.0\ninfo: { title: Many, version: '1' }\npaths:\n"
  return compileText(`${head}${paths.join('')}`).said
}

test('much memory for limits of many operations is said once, with how much', () => {
  assert.deepEqual(saidOfLimits(60), [])
  const [note, ...others] = saidOfLimits(80)
  assert.deepEqual(others, [])
  assert.match(note!, /^openapi\.yaml:1:1 note 81 tables of client addresses may grow to 81 MiB /)
})

test('several schemes that nothing binds are one note', () => {
  const schemes = ['a', 'b'].map(
    (name) => `    ${name}: { type: apiKey, in: header, name: X-${name} }\n`,
  )
  const { said } = compileText(`openapi: 3.1.0
info: { title: Two, version: '1' }
components:
  securitySchemes:
${schemes.join('')}paths:
  /a: { get: { security: [{ a: [] }, { b: [] }], responses: { '200': { description: ok } } } }
`)
  assert.deepEqual(said, [
    "openapi.yaml:5:5 note security schemes 'a', 'b' are bound to nothing, so they are " +
      "'auth: upstream': the credential must be present and is forwarded untouched for the service to judge",
  ])
})

test('nothing is said of a scheme that the contract itself binds', () => {
  const { said } = compileText(onDocument('x-concordat: { policies: { auth: upstream } }'))
  assert.deepEqual(said, [])
})

test('with a configuration every scheme that is used must be bound', () => {
  const { plan, said } = compileText(contract, 'audience: public\n')
  assert.equal(plan, undefined)
  assert.match(
    errorsOf(said).join(),
    /^openapi\.yaml:12:\d+ error security scheme 'key' is not bound/,
  )
  for (const bound of ['auth: upstream', 'auth: { schemes: { key: upstream } }']) {
    assert.deepEqual(errorsOf(compileText(contract, `policies: { ${bound} }`).said), [])
  }
})

test('limits of the API and of an operation add up', () => {
  const { plan, said } = compileText(
    onPost('x-concordat: { policies: { limit: { requestsMax: 5 } } }'),
  )
  assert.deepEqual(errorsOf(said), [])
  assert.deepEqual(limitsOf(plan!.operations[1]!), ['api 1200/300', 'operation makeThing 5/300'])
})

test('limits of the configuration and of the document add up too', () => {
  const { plan, said } = compileText(
    onDocument('x-concordat: { policies: { limit: { requestsMax: 7 } } }'),
    'policies: { auth: upstream, limit: { burstMax: 9 } }\n',
  )
  assert.deepEqual(errorsOf(said), [])
  assert.deepEqual(limitsOf(plan!.operations[0]!), ['api 1200/9', 'document 7/9'])
})

test('an operation may have a limit where the API has none', () => {
  const { plan, said } = compileText(
    onPost('x-concordat: { policies: { limit: { burstMax: 3 } } }'),
    'policies: { auth: upstream, limit: { mode: off } }\n',
  )
  assert.deepEqual(errorsOf(said), [])
  assert.deepEqual(plan!.operations.map(limitsOf), [[], ['operation makeThing 1200/3'], []])
})

test('an inner limit stands alone where it says loosen', () => {
  const lines = [
    'x-concordat:',
    '  loosen: [limit]',
    '  policies: { limit: { requestsMax: 5000 } }',
  ]
  const { plan, said } = compileText(onPath(...lines))
  assert.deepEqual(errorsOf(said), [])
  const path = ['path /things 5000/300']
  assert.deepEqual(plan!.operations.map(limitsOf), [path, path, ['api 1200/300']])
})

test('the configuration replaces a default without further words', () => {
  const config = 'policies: { auth: upstream, limit: { mode: off } }\n'
  const { plan, said } = compileText(contract, config)
  assert.deepEqual(errorsOf(said), [])
  const ids = plan!.operations.flatMap(({ policies }) => policies.map(({ policy }) => policy))
  assert.equal(ids.includes('limit'), false)
})

test('every default may be off, even where it would have nothing to do', () => {
  const bare = `openapi: 3.1.0
info: { title: Bare, version: '1' }
paths:
  /small: { get: { responses: { '200': { description: ok } } } }
`
  const off = 'validation: { mode: off }, secure-headers: { mode: off }'
  const rows: [audience: string, policies: string][] = [
    ['public', `limit: { mode: off }, topology: { mode: off }, ${off}`],
    ['partner', `limit: { mode: off }, topology: { mode: off }, ${off}`],
    ['internal', off],
  ]
  for (const [audience, written] of rows) {
    const config = `audience: ${audience}\npolicies: { ${written} }\n`
    const { plan, said } = compileText(bare, config)
    assert.deepEqual(said, [], audience)
    assert.deepEqual([plan!.operations[0]!.policies, plan!.finish], [[], []])
  }
})

test('shadow is in the plan, off is not', () => {
  const config = 'policies: { auth: { mode: shadow, schemes: { key: upstream } } }\n'
  const { plan, said } = compileText(contract, config)
  assert.deepEqual(errorsOf(said), [])
  const auth = plan!.operations[1]!.policies.find(({ policy }) => policy === 'auth')
  assert.equal(auth?.mode, 'shadow')
})

const hiding = (name: string) => `policies: { secure-headers: { hide: [${name}] } }`

test('replies of no operation get what configuration and document say of every reply', () => {
  const text = onDocument(`x-concordat: { ${hiding('X-Own')} }`)
  const inside = text.replace(
    '    get:\n',
    `    x-concordat: { ${hiding('X-Own, X-Inner')} }\n    get:\n`,
  )
  const { finish } = compileText(inside, 'audience: internal\npolicies: { auth: upstream }\n').plan!
  assert.deepEqual(
    finish.map(({ policy, plan }) => [policy, (plan as { hide: string[] }).hide]),
    [['secure-headers', ['X-Own']]],
  )
  const off = 'audience: internal\npolicies: { auth: upstream, secure-headers: { mode: off } }\n'
  assert.deepEqual(compileText(contract, off).plan!.finish, [])
})

test('bounds of an operation are in its plan, those of the API in that of the snapshot', () => {
  const { plan, said } = compileText(
    onPost('x-concordat: { limits: { exchangeTimeoutMs: 900 } }'),
    'limits: { headBytesMax: 4096 }\npolicies: { auth: upstream }\n',
  )
  assert.deepEqual(errorsOf(said), [])
  assert.equal(plan!.limits.headBytesMax, 4096)
  assert.deepEqual(plan!.operations[1]!.limits, { exchangeTimeoutMs: 900 })
  assert.deepEqual(plan!.operations[0]!.limits, {})
})

test('what operations share is one object', () => {
  const [first, , third] = compileText(contract).plan!.operations
  assert.equal(first!.limits, third!.limits)
  assert.equal(first!.policies.at(-1), third!.policies.at(-1))
})

const revision = (text: string) => compileText(text).plan!.revision

test('equal plans have equal revisions, others have others', () => {
  assert.equal(revision(contract), revision(`# a comment\n${contract}`))
  assert.notEqual(revision(contract), revision(contract.replace('Things', 'Thinks')))
  assert.match(revision(contract), /^[0-9a-f]{64}$/)
})

test('each operation goes to the upstream that it names', () => {
  const config = `policies: { auth: upstream }
upstream: main
upstreams:
  main: { endpoints: ['http://10.0.0.1', 'http://10.0.0.2:81/base/'] }
  other: { endpoints: ['http://[::1]:82'], preserveHost: true }
`
  const { plan, said } = compileText(onPost('x-concordat: { upstream: other }'), config, [])
  assert.deepEqual(errorsOf(said), [])
  assert.deepEqual(
    plan!.operations.map(({ upstream }) => upstream),
    [0, 1, 0],
  )
  assert.deepEqual(
    plan!.upstreams.map(({ endpoints }) => endpoints),
    [
      [
        { host: '10.0.0.1', port: 80, basePath: '' },
        { host: '10.0.0.2', port: 81, basePath: '/base' },
      ],
      [{ host: '::1', port: 82, basePath: '' }],
    ],
  )
})

test('an operation that no request reaches is warned of', () => {
  const { plan, said } = compileText(
    onPath('trace: { responses: { default: { description: d } } }'),
  )
  assert.ok(plan)
  assert.match(said.join('\n'), /^openapi\.yaml:9:\d+ warning TRACE is never forwarded: .* 405$/m)
})

test('a contract without operations is warned of', () => {
  const { plan, said } = compileText('openapi: 3.1.0\ninfo: { title: T, version: "1" }\npaths: {}')
  assert.ok(plan)
  assert.deepEqual(said, [
    'openapi.yaml:1:1 warning the contract has no operation: each request will be a 404',
  ])
})

test('a path is accepted leniently where its operation opts in', () => {
  const { plan, said } = compileText(onPath('x-concordat: { allowPathForms: [trailingSlash] }'))
  assert.deepEqual(errorsOf(said), [])
  const allowed = plan!.routes.map(({ operation, allow }) => `${operation} ${allow.join()}`)
  const want = ['0 trailingSlash', '1 trailingSlash', '2 ']
  assert.deepEqual([...new Set(allowed)], want)
})
