// What keeps a contract and its configuration from running, each with its place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contract, errorsOf, onDocument, onPath, onPost, withLines } from './contract-for-tests.ts'
import { compileText } from './testing.ts'

type Refused = readonly [
  says: string,
  contract: string,
  config: string | undefined,
  want: RegExp,
  to?: readonly string[],
]

const auth = 'policies: { auth: upstream }\n'

const refused: readonly Refused[] = [
  [
    'docs of faults that no browser should follow',
    contract,
    `${auth}errors: { docs: 'javascript:alert(1)' }\n`,
    /^concordat\.yaml:2:\d+ error 'errors\.docs' is not valid: expected an address such as https:/,
  ],
  [
    'a slip under x-concordat',
    onPost('x-concordat:', '  polices: {}'),
    undefined,
    /^openapi\.yaml:15:9 error unknown key 'polices' \(did you mean 'policies'\?\)$/,
  ],
  [
    'a bound of the gateway under x-concordat',
    onPost('x-concordat:', '  limits: { headBytesMax: 2000 }'),
    undefined,
    /^openapi\.yaml:15:\d+ error 'headBytesMax' bounds the whole gateway: it belongs under 'limits'/,
  ],
  [
    'a looser mode inside',
    onPost('x-concordat: { policies: { auth: { mode: shadow } } }'),
    undefined,
    /^openapi\.yaml:14:\d+ error 'auth' is looser here than outside: mode shadow in place of enforce/,
  ],
  [
    'a limit switched off inside',
    onPath('x-concordat: { policies: { limit: { mode: off } } }'),
    undefined,
    /^openapi\.yaml:9:\d+ error 'limit' is looser here than outside: it is off/,
  ],
  [
    'a larger bound inside',
    onPost('x-concordat: { limits: { exchangeTimeoutMs: 900000 } }'),
    undefined,
    /error 'exchangeTimeoutMs' is looser here than outside: 900000 in place of 600000 ms/,
  ],
  [
    'a document looser than the configuration',
    onDocument('x-concordat: { policies: { auth: { mode: shadow } } }'),
    auth,
    /^openapi\.yaml:2:\d+ error 'auth' is looser here than outside/,
  ],
  [
    'loosening what is not looser',
    onPost('x-concordat: { loosen: [auth] }'),
    undefined,
    /^openapi\.yaml:14:\d+ error 'loosen' names 'auth', but it is not looser here than outside$/,
  ],
  [
    'a policy where it does nothing',
    withLines(
      '      operationId: listThings',
      '      x-concordat: { policies: { auth: upstream } }',
    ),
    undefined,
    /^openapi\.yaml:11:\d+ error 'policies\.auth' has no effect here/,
  ],
  [
    'a bound of WebSockets where there are none',
    contract,
    'policies: { auth: upstream, websocket: { messageBytesMax: 9 } }\n',
    /^concordat\.yaml:1:\d+ error .* has no effect here: nothing that it reaches declares 101,/,
  ],
  [
    'a bound of bodies where there is none',
    withLines(
      '      operationId: listThings',
      '      x-concordat: { limits: { jsonDepthMax: 3 } }',
    ),
    undefined,
    /^openapi\.yaml:11:\d+ error 'limits\.jsonDepthMax' has no effect here/,
  ],
  [
    'a setting that inner ones replace',
    onPost('x-concordat: { policies: { auth: { schemes: { key: upstream } } } }'),
    'policies: { auth: { schemes: { key: upstream } } }\n',
    /^concordat\.yaml:1:\d+ error 'policies\.auth\.schemes' has no effect here/,
  ],
  [
    'shadow of what refuses nothing',
    contract,
    'policies: { auth: upstream, secure-headers: { mode: shadow } }\n',
    /^concordat\.yaml:1:\d+ error 'policies\.secure-headers\.mode' must be one of enforce, off$/,
  ],
  [
    'switching off what the audience has not',
    contract,
    'audience: internal\npolicies: { auth: upstream, limit: { mode: off } }\n',
    /^concordat\.yaml:2:\d+ error 'policies\.limit' has no effect here: the audience internal has none to switch off$/,
  ],
  [
    'keeping parameters out of a log that is off',
    contract,
    'policies: { auth: upstream }\nlog: { access: off, redact: [id] }\n',
    /^concordat\.yaml:2:\d+ error 'log\.redact' has no effect here: 'log\.access' is off$/,
  ],
  [
    'binding a scheme that there is not',
    contract,
    'policies: { auth: { schemes: { key: upstream, kye: upstream } } }\n',
    /^concordat\.yaml:1:\d+ error the contract has no security scheme 'kye' \(did you mean 'key'\?\)$/,
  ],
  [
    'an upstream that nobody uses',
    contract,
    `${auth}upstream: a\nupstreams: { a: { endpoints: ['http://a'] }, b: { endpoints: ['http://b'] } }\n`,
    /^concordat\.yaml:3:\d+ error no operation uses the upstream 'b'$/,
    [],
  ],
  [
    'an upstream that there is not',
    contract,
    `${auth}upstream: aa\nupstreams: { a: { endpoints: ['http://a'] } }\n`,
    /^concordat\.yaml:2:\d+ error there is no upstream 'aa' \(did you mean 'a'\?\)$/,
    [],
  ],
  [
    'several upstreams and none chosen',
    contract,
    `${auth}upstreams: { a: { endpoints: ['http://a'] }, b: { endpoints: ['http://b'] } }\n`,
    /error several upstreams and none chosen: say 'upstream' \(one of a, b\)/,
    [],
  ],
  ['no upstream', contract, undefined, /^--to error no upstream: give '--to URL'/, []],
  [
    'no upstream in the configuration',
    contract,
    auth,
    /^concordat\.yaml:1:1 error no upstream/,
    [],
  ],
  [
    'TLS where no endpoint speaks it',
    contract,
    `${auth}upstreams: { a: { endpoints: ['http://a'], tls: { serverName: b } } }\n`,
    /^concordat\.yaml:2:\d+ error 'tls' has no effect here: no endpoint is https/,
    [],
  ],
  [
    'a CA that is not there',
    contract,
    `${auth}upstreams: { a: { endpoints: ['https://a'], tls: { ca: ca.pem } } }\n`,
    /^concordat\.yaml:2:\d+ error ca\.pem does not exist$/,
    [],
  ],
  [
    'a certificate without its key',
    contract,
    `${auth}upstreams: { a: { endpoints: ['https://a'], tls: { cert: a.pem } } }\n`,
    /^concordat\.yaml:2:\d+ error 'cert' needs 'key' beside it$/,
    [],
  ],
  [
    'a server name that is an address',
    contract,
    `${auth}upstreams: { a: { endpoints: ['https://a'], tls: { serverName: 10.0.0.1 } } }\n`,
    /^concordat\.yaml:2:\d+ error a server name is the name of a host, no address$/,
    [],
  ],
  [
    'PROXY headers of nobody',
    contract,
    `${auth}listen: { proxyProtocol: true }\n`,
    /^concordat\.yaml:2:\d+ error nobody could connect: name in 'trustedHops' who sends/,
  ],
  [
    'an endpoint that is the API itself',
    contract,
    undefined,
    /^--to error the endpoint points back at port 8080, on which the API itself is served$/,
    ['http://localhost:8080'],
  ],
  [
    'a host that is none',
    contract,
    `${auth}hosts: ['api.example.com', 'a b']\n`,
    /^concordat\.yaml:2:\d+ error /,
  ],
  [
    'two paths of one shape',
    contract.replace(
      '  /things/{id}/{kind}:',
      '  /things/{x}: { get: { parameters: [{ name: x, in: path, required: true, schema: {} }], responses: { default: { description: d } } } }\n  /things/{y}: { get: { parameters: [{ name: y, in: path, required: true, schema: {} }], responses: { default: { description: d } } } }\n  /things/{id}/{kind}:',
    ),
    undefined,
    /^openapi\.yaml:\d+:\d+ error .*\/things\/\{y\}/,
  ],
  [
    'templates that overlap without end',
    overlapping(10),
    undefined,
    /^openapi\.yaml:3:1 error templates overlap so much that finding one could take 2047 steps/,
  ],
]

/** Every mix of `a` and a parameter over so many segments. */
function overlapping(segments: number): string {
  const at = Array.from({ length: segments }, (_, i) => i)
  const paths = Array.from({ length: 2 ** segments }, (_, mask) => {
    const isNamed = (i: number) => ((mask >> i) & 1) === 1
    const parameters = at
      .filter(isNamed)
      .map((i) => ({ name: `p${i}`, in: 'path', required: true, schema: {} }))
    const path = at.map((i) => (isNamed(i) ? `/{p${i}}` : '/a')).join('')
    const get = { parameters, responses: { default: { description: 'd' } } }
    return `  ${path}: ${JSON.stringify({ get })}`
  })
  return `openapi: 3.1.0\ninfo: { title: Dense, version: '1' }\npaths:\n${paths.join('\n')}\n`
}

for (const [says, text, config, want, to] of refused) {
  test(`refused: ${says}`, () => {
    const { plan, said } = compileText(text, config, to)
    assert.equal(plan, undefined)
    assert.ok(
      errorsOf(said).some((line) => want.test(line)),
      `${said.join('\n')}\n${want}`,
    )
  })
}
