import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeText } from '../base.ts'
import { ownRegistry } from '../policy.ts'
import { schemasFor } from './config.ts'
import { checkConfig } from './read-config.ts'
import { documentsFrom } from './testing.ts'

function check(text: string) {
  const { config, problems } = checkConfig(documentsFrom(text, 'concordat.yaml'))
  return { config, said: problems.map(({ place, message }) => `${placeText(place)} ${message}`) }
}

test('an empty file is a configuration of defaults', () => {
  const { config, said } = check('')
  assert.deepEqual(said, [])
  const listen = { host: '127.0.0.1', port: 8080, http3: false, proxyProtocol: false }
  assert.deepEqual(config?.value.listen, listen)
  assert.deepEqual(config?.value.admin, { host: '127.0.0.1', port: 9090, allowedHosts: [] })
  assert.equal(config?.value.audience, 'public')
})

const refused: readonly [says: string, text: string, want: string][] = [
  [
    'a slip in a key',
    'listn:\n  port: 1\n',
    "concordat.yaml:1:1 unknown key 'listn' (did you mean 'listen'?)",
  ],
  [
    'a slip further in',
    'listen:\n  host: a\n  prot: 1\n',
    "concordat.yaml:3:3 unknown key 'prot' (did you mean 'port'?)",
  ],
  [
    'a slip in a policy',
    'policies:\n  limit: { requestMax: 5 }\n',
    "concordat.yaml:2:12 unknown key 'requestMax' (did you mean 'requestsMax'?)",
  ],
  [
    'a slip in the name of a bound',
    'limits:\n  headByteMax: 5000\n',
    "concordat.yaml:2:3 unknown key 'headByteMax' (did you mean 'headBytesMax'?)",
  ],
  [
    'a slip in one of many',
    'upstreams:\n  a:\n    endpoints: [http://b]\n    preserveHosts: true\n',
    "concordat.yaml:4:5 unknown key 'preserveHosts' (did you mean 'preserveHost'?)",
  ],
  [
    'a word that is nothing alike',
    'errors:\n  quux: 1\n',
    "concordat.yaml:2:3 unknown key 'quux': known here are form, docs",
  ],
  [
    'a word that is nothing alike, where a list may stand too',
    'listen: { tls: { cert: a.pem } }\n',
    "concordat.yaml:1:18 unknown key 'cert': known here are certificates, acme",
  ],
  [
    'a version that needs no setting',
    'listen: { http2: true }\n',
    "concordat.yaml:1:11 unknown key 'http2': every listener takes HTTP/2, nothing switches it on or off",
  ],
  [
    'a slip in a value',
    'audience: pubic\n',
    "concordat.yaml:1:1 'audience' must be one of public, partner, internal (did you mean 'public'?)",
  ],
  [
    'a slip in a mode',
    'policies:\n  limit:\n    mode: shadw\n',
    "concordat.yaml:3:5 'policies.limit.mode' must be one of enforce, shadow, off (did you mean 'shadow'?)",
  ],
  [
    'a number as text',
    "listen:\n  port: '80'\n",
    "concordat.yaml:2:3 'listen.port' must be a number, not a string",
  ],
  [
    'a number out of range',
    'listen:\n  port: 70000\n',
    "concordat.yaml:2:3 'listen.port' must be at most 65535",
  ],
  [
    'a bound out of range',
    'limits:\n  jsonDepthMax: 0\n',
    "concordat.yaml:2:3 'limits.jsonDepthMax' must be at least 1",
  ],
  ['a list for an object', 'listen: []\n', "concordat.yaml:1:1 'listen' must have at least 1 item"],
  [
    'a text for everything',
    'hello\n',
    'concordat.yaml:1:1 the configuration must be an object, not a string',
  ],
  [
    'an upstream without endpoints',
    'upstreams:\n  a: {}\n',
    "concordat.yaml:2:3 'upstreams.a.endpoints' is missing: expected an array",
  ],
  [
    'an upstream with none',
    'upstreams:\n  a: { endpoints: [] }\n',
    "concordat.yaml:2:8 'upstreams.a.endpoints' must have at least 1 item",
  ],
  [
    'a way to judge that there is not',
    'policies:\n  auth: { schemes: { key: gateway } }\n',
    "concordat.yaml:2:22 'policies.auth.schemes.key' must be upstream",
  ],
  ['workers without number', 'workers: 65\n', "concordat.yaml:1:1 'workers' must be at most 64"],
  [
    'hops that are no addresses',
    'trustedHops: [10.0.0.0/8, everywhere]\n',
    "concordat.yaml:1:27 'trustedHops.1' is not valid: 'everywhere' is no address range such as 10.0.0.0/8",
  ],
  [
    'a range that would be nobody, for it names a host and its network at once',
    'trustedHops: [10.0.0.1/8]\n',
    "concordat.yaml:1:15 'trustedHops.0' is not valid: '10.0.0.1/8' has bits set beyond its prefix; did you mean 10.0.0.0/8?",
  ],
  [
    'a policy that there is not',
    'policies:\n  limitt: {}\n',
    "concordat.yaml:2:3 unknown key 'limitt' (did you mean 'limit'?)",
  ],
  [
    'a name that no object can hold',
    'upstreams:\n  __proto__: { endpoints: [http://a] }\n',
    "concordat.yaml:2:3 'upstreams.__proto__' is not a valid name",
  ],
  [
    'a key by an inherited name',
    'constructor: 1\n',
    "concordat.yaml:1:1 unknown key 'constructor'",
  ],
]

for (const [says, text, want] of refused) {
  test(`refused with its place: ${says}`, () => {
    const { config, said } = check(text)
    assert.equal(config, undefined)
    assert.equal(said.length, 1)
    assert.ok(said[0]!.startsWith(want), `${said[0]}\n${want}`)
  })
}

test('all that is wrong is said at once', () => {
  assert.equal(check('a: 1\nb: 2\nlisten: { port: x }\n').said.length, 3)
})

test('the published schema knows every key and allows no other', () => {
  const schema = schemasFor(ownRegistry).configJson() as Record<string, unknown>
  assert.equal(schema['additionalProperties'], false)
  const names = Object.keys(schema['properties'] as object)
  assert.ok(names.includes('upstreams') && names.includes('policies'), names.join())
})
