// Certificates made here, as OpenSSL reads them.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { certificateNames, certificatesIn, makeCertificate } from '../x509.ts'

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2026-12-31') }
const authority = makeCertificate({ name: 'root', isAuthority: true, ...dates })

const made = (names: readonly string[]) =>
  makeCertificate({ name: 'leaf', names, issuer: authority, ...dates })

test('a certificate is for the names that it is asked for, and its authority vouches for it', () => {
  const names = ['api.test', '*.api.test', '10.0.0.7', '::1', 'fe80::1:2', '2001:db8::']
  const leaf = new X509Certificate(made(names).cert)
  const root = new X509Certificate(authority.cert)
  assert.ok(leaf.verify(root.publicKey) && leaf.checkIssued(root))
  assert.ok(root.ca && !leaf.ca)
  assert.equal(leaf.checkHost('api.test'), 'api.test')
  assert.equal(leaf.checkHost('x.api.test'), '*.api.test')
  for (const address of names.slice(2)) assert.equal(leaf.checkIP(address), address)
  assert.deepEqual(certificateNames(leaf), ['api.test', '*.api.test'])
  assert.equal(leaf.validToDate.toISOString(), '2026-12-31T00:00:00.000Z')
})

test('a year from 2050 on is written as one', () => {
  const terms = { name: 'far', validFrom: dates.validFrom, validTo: new Date('2051-02-03') }
  const { validToDate } = new X509Certificate(makeCertificate(terms).cert)
  assert.equal(validToDate.toISOString(), '2051-02-03T00:00:00.000Z')
})

test('long values have lengths of several bytes', () => {
  const names = Array.from({ length: 2_000 }, (_, at) => `host-${at}.with-a-long-name.api.test`)
  assert.equal(certificateNames(new X509Certificate(made(names).cert)).length, 2_000)
})

test('a name that could be none is not among the names', () => {
  const names = [
    'good.test',
    'a, DNS:forged.test',
    'white space.test',
    '*.*.test',
    'x..',
    'UP.test',
  ]
  const leaf = new X509Certificate(made(names).cert)
  assert.deepEqual(certificateNames(leaf), ['good.test', 'up.test'])
})

test('certificates are read from a text in their order, and a broken one is named by its place', () => {
  const whole = `for humans\n${authority.cert}${made(['a.test']).cert}`
  const found = certificatesIn(whole)
  assert.ok(typeof found !== 'number')
  assert.deepEqual(
    found.map(({ subject }) => subject),
    ['CN=root', 'CN=leaf'],
  )
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  assert.equal(certificatesIn(whole + broken), 3)
  assert.deepEqual(certificatesIn('nothing'), [])
})
