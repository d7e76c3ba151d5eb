// What upstreams say of TLS: files that are read and held against each other, and keys of which
// nothing is ever said.
import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { makeAuthority, makeCertificate } from '../../test/certificates.ts'
import { compileText } from './testing.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes:
    get: { operationId: listNotes, responses: { '200': { description: All. } } }
`
const authority = makeAuthority()
const own = makeCertificate({ name: 'gateway', issuer: authority })
const other = makeCertificate({ name: 'other', issuer: authority })
const past = new Date('2020-01-01')
const expired = makeCertificate({ validFrom: new Date('2019-01-01'), validTo: past })
const future = makeCertificate({
  validFrom: new Date('2100-01-01'),
  validTo: new Date('2101-01-01'),
})
const locked = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
}).privateKey

const files = {
  'ca.pem': `The CA of our services.\n${authority.cert}`,
  'cert.pem': `${own.cert}${authority.cert}`,
  'key.pem': own.key,
  'both.pem': `${own.cert}${own.key}`,
  'other.key': other.key,
  'expired.pem': expired.cert,
  'expired.key': expired.key,
  'future.pem': future.cert,
  'future.key': future.key,
  'locked.key': locked,
  'junk.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  'empty.pem': '',
}

const secretLines = Object.values(files).flatMap((text) => text.split('\n').filter(Boolean))

const compile = (upstream: string, to: string[] = []) =>
  compileText(contract, `upstreams: { service: ${upstream} }\n`, to, files)

const https = "endpoints: ['https://service.test']"

test('what a handshake needs goes with the snapshot, apart from the plan and without what stood around it', () => {
  const tls = 'tls: { ca: ca.pem, cert: cert.pem, key: key.pem, serverName: in.test }'
  const { plan, said } = compile(`{ ${https}, ${tls} }`)
  assert.deepEqual(said, [])
  const upstream = plan!.upstreams[0]!
  const { id, serverName, ...numbers } = upstream.tls!
  assert.deepEqual([id.length, serverName], [64, 'in.test'])
  const text = (number: number | undefined) => Buffer.from(plan!.blobs[number!]!).toString()
  assert.equal(text(numbers.ca), authority.cert)
  assert.equal(text(numbers.cert), own.cert + authority.cert)
  assert.ok(createPrivateKey(text(numbers.key)).equals(own.privateKey))
  assert.doesNotMatch(JSON.stringify(upstream), /BEGIN/)
})

test('one file may hold the certificate and its key, and the certificate goes on without it', () => {
  const { plan, said } = compile(`{ ${https}, tls: { cert: both.pem, key: both.pem } }`)
  assert.deepEqual(said, [])
  const { cert, key } = plan!.upstreams[0]!.tls!
  assert.equal(Buffer.from(plan!.blobs[cert!]!).toString(), own.cert)
  assert.notEqual(cert, key)
})

test('endpoints of the command line have the TLS that the configuration says', () => {
  const { plan, said } = compile("{ endpoints: ['http://a'], tls: { serverName: in.test } }", [
    'https://elsewhere',
  ])
  assert.deepEqual(said, [])
  const { endpoints, tls } = plan!.upstreams[0]!
  assert.deepEqual(endpoints, [{ host: 'elsewhere', port: 443, basePath: '', isSecure: true }])
  assert.equal(tls!.serverName, 'in.test')
})

test('whatever differs makes another id: connections are not shared across it', () => {
  const settings = ['{}', '{ ca: ca.pem }', '{ ca: expired.pem }', '{ serverName: a.test }']
  const ids = settings.map(
    (tls) => compile(`{ ${https}, tls: ${tls} }`).plan!.upstreams[0]!.tls!.id,
  )
  assert.equal(new Set(ids).size, settings.length)
})

const refused: readonly [says: string, tls: string, want: string][] = [
  ['a CA that is none', '{ ca: empty.pem }', 'holds no certificate in PEM form'],
  [
    'a CA that cannot be read',
    '{ ca: [ca.pem, junk.pem] }',
    'certificate 1 of 1 in junk.pem cannot be read',
  ],
  [
    'a key in the place of a certificate',
    '{ cert: key.pem, key: key.pem }',
    'holds no certificate',
  ],
  [
    'a certificate in the place of a key',
    '{ cert: cert.pem, key: cert.pem }',
    'holds no private key in PEM form',
  ],
  [
    'a key of another certificate',
    '{ cert: cert.pem, key: other.key }',
    'does not belong to the first certificate in',
  ],
  ['a key behind a passphrase', '{ cert: cert.pem, key: locked.key }', 'is locked by a passphrase'],
  ['a key without its certificate', '{ key: key.pem }', "'key' needs 'cert' beside it"],
  ['a key that is missing', '{ cert: cert.pem, key: gone.key }', 'gone.key does not exist'],
  ['a switch that there is not', '{ verify: false }', "unknown key 'verify'"],
  [
    'a server name with a port',
    "{ serverName: 'a.test:443' }",
    'a server name is the name of a host',
  ],
]

for (const [says, tls, want] of refused) {
  test(`refused: ${says}`, () => {
    const { plan, said } = compile(`{ ${https}, tls: ${tls} }`)
    assert.equal(plan, undefined)
    assert.match(said.join('\n'), /^concordat\.yaml:1:\d+ error /)
    assert.ok(
      said
        .join('\n')
        .replaceAll(/\S*\/(?=\S+\.pem)/g, '')
        .includes(want),
      said.join('\n'),
    )
    for (const line of secretLines) assert.ok(!said.join('\n').includes(line))
  })
}

const warned: readonly [says: string, tls: string, want: RegExp][] = [
  ['a CA that has expired', '{ ca: expired.pem }', /has no certificate that has not expired$/],
  [
    'a certificate that has expired',
    '{ cert: expired.pem, key: expired.key }',
    /holds a certificate that expired at 2020-01-01T00:00:00\.000Z$/,
  ],
  [
    'a certificate of later',
    '{ cert: future.pem, key: future.key }',
    /holds a certificate that is not valid before 2100-01-01T00:00:00\.000Z$/,
  ],
]

for (const [says, tls, want] of warned) {
  test(`let through with a warning, for the endpoint decides: ${says}`, () => {
    const { plan, said } = compile(`{ ${https}, tls: ${tls} }`)
    assert.ok(plan)
    assert.equal(said.length, 1)
    assert.match(said[0]!, /^concordat\.yaml:1:\d+ warning /)
    assert.match(said[0]!, want)
  })
}
