// What all threads are told when certificates or ticket keys change, and what operators are told
// before certificates expire.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCertificate } from '../../test/certificates.ts'
import { manualClock } from '../base.ts'
import type { TlsCertificate, TlsMaterial } from '../wire.ts'
import { expiryMetrics, expiryOf, expiryWarning } from './certificate-expiry.ts'
import type { Applied } from './gateway-types.ts'
import { MaterialKeeper, ticketKeysPeriodMs } from './material-keeper.ts'

const dayMs = 86_400_000
const startMs = 1_700_000_000_000

function certificate(name: string, days = 365): TlsCertificate {
  const validFrom = new Date(startMs - dayMs)
  const validTo = new Date(startMs + days * dayMs)
  const { cert, key } = makeCertificate({ names: [name], validFrom, validTo })
  return { names: [name], cert, key }
}

function keeping(certificates: readonly TlsCertificate[] = [certificate('a.test')]) {
  const clock = manualClock(0, startMs)
  const warnings: string[] = []
  const told: TlsMaterial[] = []
  const answers: Applied[] = []
  const warn = (sentence: string) => void warnings.push(sentence)
  const keeper = new MaterialKeeper({ clock, certificates, warn })
  keeper.tells(async (material) => {
    told.push(material)
    return answers.shift()
  })
  return { keeper, clock, warnings, told, answers }
}

const turns = () => new Promise((resolve) => setImmediate(resolve))

test('certificates of files come before those that an authority certified', async () => {
  const { keeper, told } = keeping()
  const certified = { certificates: [certificate('b.test')], challenges: [], answers: [] }
  assert.equal(await keeper.takeCertified(certified), undefined)
  const names = told.at(-1)!.certificates.map((one) => one.names[0])
  assert.deepEqual(names, ['a.test', 'b.test'])
})

test('what threads cannot use is forgotten, and nothing is told of what has not changed', async () => {
  const { keeper, told, answers } = keeping()
  const before = keeper.material
  answers.push({ problem: 'no' })
  assert.deepEqual(await keeper.takeFiles([certificate('c.test')]), { problem: 'no' })
  assert.deepEqual(keeper.material, before)
  assert.equal(await keeper.takeFiles(before.certificates), undefined)
  assert.equal(told.length, 1)
})

test('ticket keys change once a day, and with nothing else', async () => {
  const { keeper, clock, told } = keeping()
  const first = keeper.material.ticketKeys
  assert.equal(await keeper.takeFiles([certificate('c.test')]), undefined)
  assert.deepEqual(keeper.material.ticketKeys, first)
  clock.advance(ticketKeysPeriodMs)
  await turns()
  assert.notDeepEqual(told.at(-1)!.ticketKeys, first)
  assert.equal(keeper.material.ticketKeys.length, 48)
  keeper.close()
  clock.advance(ticketKeysPeriodMs)
  await turns()
  assert.equal(told.length, 2)
})

test('who expires soon is warned of at the start, when it comes, and day by day', async () => {
  const { keeper, clock, warnings } = keeping([certificate('a.test', 15.5), certificate('b.test')])
  assert.deepEqual(warnings, [])
  clock.advance(2 * dayMs)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0]!, /^the certificate of a\.test expires within 14 days, at 2023-/)
  await keeper.takeFiles([certificate('c.test', 3)])
  assert.match(warnings[1]!, /^the certificate of c\.test expires within a day, at /)
  clock.advance(2 * dayMs)
  assert.match(warnings.at(-1)!, /^the certificate of c\.test expired at .*: clients refuse it$/)
})

const warned: readonly [leftDays: number, want: RegExp | undefined][] = [
  [20, undefined],
  [14, /within 14 days/],
  [1, /within a day/],
  [-1, /expired at/],
]

for (const [leftDays, want] of warned) {
  test(`${leftDays} days before its end ${want === undefined ? 'nothing' : String(want)} is said`, () => {
    const said = expiryWarning({ name: 'a', expiresEpochMs: startMs + leftDays * dayMs }, startMs)
    if (want === undefined) assert.equal(said, undefined)
    else assert.match(said!, want)
  })
}

test('a scrape shows when each expires, and nothing where there is none', () => {
  const text = expiryMetrics([certificate('a.test', 1), certificate('b.test', 2)].map(expiryOf))
  const name = 'concordat_tls_certificate_expires_timestamp_seconds'
  assert.match(text, new RegExp(`^${name}\\{name="a.test"\\} ${startMs / 1_000 + 86_400}$`, 'm'))
  assert.match(text, new RegExp(`^${name}\\{name="b.test"\\} ${startMs / 1_000 + 172_800}$`, 'm'))
  assert.equal(expiryMetrics([]), '')
})
