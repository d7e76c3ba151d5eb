import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letsEncrypt } from '../acme.ts'
import type { Problem } from '../base.ts'
import { makeCertificate } from '../x509.ts'
import { acmeSchema, type AcmeWish, compileAcme } from './acme-settings.ts'

const { cert } = makeCertificate({
  name: 'authority',
  isAuthority: true,
  validFrom: new Date(0),
  validTo: new Date(2 ** 42),
})

const texts: Record<string, string> = { '/etc/ca.pem': cert, '/etc/empty.pem': 'nothing' }

function compiled(...written: object[]) {
  const problems: Problem[] = []
  const wishes = written.map((one, at): AcmeWish => {
    const locate = (pointer: string) => ({ file: `${at}${pointer}`, line: 1, column: 1 })
    return { written: acmeSchema.parse({ agreeToTerms: true, ...one }), locate }
  })
  const plans = compileAcme(wishes, {
    folder: '/etc',
    files: {
      read: (path) => {
        const text = texts[path]
        return text === undefined ? { problem: `${path} is not there` } : { text }
      },
    },
    report: (problem) => problems.push(problem),
  })
  return { plans, said: problems.map(({ place, message }) => `${place.file}: ${message}`) }
}

const refused: [says: string, given: object, want: RegExp][] = [
  ['terms that are not accepted', { agreeToTerms: false }, /agreeToTerms/],
  ['terms that nothing is said of', { agreeToTerms: undefined }, /agreeToTerms/],
  ['no name', { domains: [] }, /domains/],
  ['a wildcard', { domains: ['*.api.test'] }, /DNS-01/],
  ['an address', { domains: ['10.0.0.7'] }, /address/],
  ['an address of IPv6', { domains: ['::1'] }, /address/],
  ['a host without a domain', { domains: ['localhost'] }, /public DNS name/],
  ['a name with an empty label', { domains: ['api..test'] }, /no DNS name/],
  ['a name with a path', { domains: ['api.test/../x'] }, /no DNS name/],
  ['a name that is not in ASCII', { domains: ['bücher.test'] }, /ASCII/],
  ['a name that is too long', { domains: [`${'a.'.repeat(130)}test`] }, /253/],
  ['a directory without TLS', { directory: 'http://ca.test/dir' }, /https/],
  ['an address of mail that is none', { email: 'ops' }, /email/],
  ['a challenge that there is not', { challenge: 'dns-01' }, /challenge/],
  [
    'a key in the place of its name',
    { externalAccount: { keyId: 'a', macKeyEnv: 'a-b' } },
    /macKeyEnv/,
  ],
  ['an unknown key', { wildcard: true }, /wildcard/],
]

for (const [says, given, want] of refused) {
  test(`refuses ${says}`, () => {
    const value = { domains: ['api.test'], agreeToTerms: true, ...given }
    const { success, error } = acmeSchema.safeParse(value)
    assert.equal(success, false)
    assert.match(JSON.stringify(error.issues), want)
  })
}

test("without a directory it is Let's Encrypt's, and names are in lower case", () => {
  const { plans, said } = compiled({ domains: ['API.test', 'www.test'] })
  assert.deepEqual(said, [])
  assert.deepEqual(plans, [{ directory: letsEncrypt, domains: ['api.test', 'www.test'] }])
})

test('all that is written is in the plan, files with what is in them', () => {
  const externalAccount = { keyId: 'k', macKeyEnv: 'MAC' }
  const [plan] = compiled({
    domains: ['api.test'],
    directory: 'https://ca.test/dir',
    directoryCa: 'ca.pem',
    email: 'ops@api.test',
    challenge: 'http-01',
    externalAccount,
    storage: 'certificates',
  }).plans
  assert.deepEqual(plan, {
    directory: 'https://ca.test/dir',
    directoryCa: cert,
    email: 'ops@api.test',
    challenge: 'http-01',
    externalAccount,
    storage: '/etc/certificates',
    domains: ['api.test'],
  })
})

test('listeners with the same settings share a plan, and a name of both is certified once', () => {
  const { plans, said } = compiled(
    { domains: ['a.test', 'b.test'] },
    { domains: ['B.test', 'c.test'] },
  )
  assert.deepEqual(said, [])
  assert.deepEqual(plans, [{ directory: letsEncrypt, domains: ['a.test', 'b.test', 'c.test'] }])
})

test('a name that two settings certify is refused where it comes second', () => {
  const other = { directory: 'https://ca.test/dir', domains: ['b.test', 'a.test'] }
  const { plans, said } = compiled({ domains: ['a.test'] }, other)
  assert.deepEqual(
    plans.map(({ domains }) => domains),
    [['a.test'], ['b.test']],
  )
  assert.match(said.join(), /^1\/domains\/1: 'a.test' is certified by other settings/)
})

test('an authority that two listeners deal with in different ways is refused at the second', () => {
  const { said } = compiled({ domains: ['a.test'] }, { domains: ['b.test'], email: 'a@b.test' })
  assert.match(said.join(), /^1: another listener deals with https:.*in another way/)
  const apart = { domains: ['b.test'], email: 'a@b.test', storage: 'elsewhere' }
  assert.deepEqual(compiled({ domains: ['a.test'] }, apart).said, [])
  const byFile = { domains: ['b.test'], challenge: 'http-01' }
  assert.deepEqual(compiled({ domains: ['a.test'] }, byFile).said, [])
})

test('a name that is written twice is refused', () => {
  assert.match(compiled({ domains: ['a.test', 'A.test'] }).said.join(), /^0\/domains\/1: .*twice/)
})

test('files of authorities are read, or say what is wrong with them', () => {
  const said = ['absent.pem', 'empty.pem'].map(
    (directoryCa) => compiled({ domains: ['a.test'], directoryCa }).said,
  )
  assert.deepEqual(said, [
    ['0/directoryCa: /etc/absent.pem is not there'],
    ['0/directoryCa: /etc/empty.pem holds no certificate in PEM form'],
  ])
})
