// Which certificate a client is shown, whatever it calls us.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCertificate } from '../../test/certificates.ts'
import { TlsIdentities } from './tls-identities.ts'
import { noTlsMaterial, type TlsCertificate } from './tls-material.ts'

const certificate = (...names: string[]): TlsCertificate => ({
  names,
  ...makeCertificate({ name: names[0] ?? 'none', names }),
})

const certificates = [
  certificate('first.test'),
  certificate('api.test', 'www.api.test'),
  certificate('*.api.test'),
  certificate('api.test', '*.deep.api.test'),
]

const identities = new TlsIdentities({ ...noTlsMaterial, certificates })
const contexts = ['first.test', 'api.test', 'x.api.test', 'x.deep.api.test'].map((name) =>
  identities.contextFor(name),
)

const asked: readonly [says: string, name: string, want: number][] = [
  ['an exact name', 'api.test', 1],
  ['an exact name before a wildcard', 'www.api.test', 1],
  ['one label in the place of the star', 'a.api.test', 2],
  ['no more than one label', 'a.b.api.test', 0],
  ['a wildcard further in', 'a.deep.api.test', 3],
  ['not the name behind the star', 'deep.api.test', 2],
  ['capitals', 'WWW.Api.TEST', 1],
  ['a trailing dot', 'api.test.', 1],
  ['the star itself, as a label like any other', '*.api.test', 2],
  ['an unknown name', 'other.test', 0],
  ['nothing', '', 0],
  ['a dot', '.', 0],
  ['an empty label', '.api.test', 0],
  ['an address', '127.0.0.1', 0],
  ['an address in brackets', '[::1]', 0],
  ['an inherited name', '__proto__', 0],
  ['another one', 'constructor.prototype', 0],
  ['more than a name may have', `${'a.'.repeat(200)}api.test`, 0],
  ['255 bytes', 'a'.repeat(255), 0],
  ['no ASCII', 'ÿþ.api.test', 2],
  ['control characters', '\0\r\n', 0],
]

for (const [says, name, want] of asked) {
  test(`${says} is shown certificate ${want + 1}`, () => {
    assert.equal(contexts.indexOf(identities.contextFor(name)), want)
  })
}

test('challenges are for their own names alone, and no certificate is needed beside them', () => {
  const challenges = [{ ...makeCertificate({ names: ['new.test'] }), name: 'New.test' }]
  const some = new TlsIdentities({ ...noTlsMaterial, challenges })
  assert.equal(some.standard, undefined)
  assert.equal(some.contextFor('new.test'), undefined)
  assert.notEqual(some.challengeFor('new.test'), undefined)
  assert.equal(some.challengeFor('other.test'), undefined)
})

test('material that OpenSSL cannot use is refused whole', () => {
  const [one] = certificates
  const broken = { ...one!, key: makeCertificate().key }
  assert.throws(() => new TlsIdentities({ ...noTlsMaterial, certificates: [one!, broken] }))
})

test('what stays is not made again, and what has other ticket keys is', () => {
  const more = [...certificates, certificate('added.test')]
  const next = new TlsIdentities({ ...noTlsMaterial, certificates: more }, identities)
  assert.equal(next.standard, identities.standard)
  assert.equal(next.contextFor('api.test'), identities.contextFor('api.test'))
  assert.notEqual(next.contextFor('added.test'), identities.contextFor('added.test'))
  const ticketKeys = Buffer.alloc(48, 1)
  const other = new TlsIdentities({ ...noTlsMaterial, certificates, ticketKeys }, identities)
  assert.notEqual(other.standard, identities.standard)
})
