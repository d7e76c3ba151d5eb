import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeAuthority, directoryUrl } from './authority-for-tests.ts'
import type { AskingTerms } from './asking.ts'
import { MemoryDisk } from './disk-for-tests.ts'
import type { Shown } from './keeper.ts'
import type { AcmeEvent } from './name.ts'
import { type AcmeSetup, KeptCertificates } from './plans.ts'
import { ProcessClock } from './simulation-for-tests.ts'
import type { AcmePlan } from './settings.ts'

const plan: AcmePlan = { directory: directoryUrl, domains: ['a.test'] }

function setUp(more: Partial<AcmeSetup> = {}) {
  const clock = new ProcessClock({ nowMs: 0 })
  const authority = new FakeAuthority(clock)
  const disks = new Map<string, MemoryDisk>()
  const events: AcmeEvent[] = []
  const shows: Shown[] = []
  const closed: AskingTerms[] = []
  const kept = new KeptCertificates({
    env: {},
    folder: '/state/acme',
    clock,
    random: () => 0,
    show: async (shown) => void shows.push(shown),
    told: (event) => events.push(event),
    asking: (terms) => ({ ask: authority.ask, close: () => closed.push(terms) }),
    diskOf: (folder) => {
      const disk = disks.get(folder) ?? new MemoryDisk()
      disks.set(folder, disk)
      return disk
    },
    ...more,
  })
  return { kept, disks, events, shows, closed, clock }
}

const namesIn = (shown: Shown | undefined): string[] =>
  shown?.certificates.flatMap(({ names }) => names) ?? []

test('what is followed is shown before anything is ordered', async () => {
  const { kept, shows, disks } = setUp()
  await kept.follow([plan, { ...plan, domains: ['b.test'], storage: '/other' }])
  assert.deepEqual(namesIn(shows.at(-1)), ['a.test', 'b.test'])
  assert.deepEqual([...disks.keys()], ['/state/acme', '/other'])
  await kept.close()
})

test('who stays is not begun anew, and who is no longer followed is closed', async () => {
  const { kept, shows, closed } = setUp()
  await kept.follow([plan, { ...plan, domains: ['b.test'], email: 'a@b.test' }])
  const [stays] = kept.shown.certificates
  await kept.follow([plan, { ...plan, domains: ['c.test'] }])
  assert.deepEqual(namesIn(shows.at(-1)), ['a.test', 'c.test'])
  assert.equal(kept.shown.certificates[0]!.cert, stays!.cert)
  assert.equal(closed.length, 1)
  await kept.follow([])
  assert.deepEqual(namesIn(shows.at(-1)), [])
  assert.equal(closed.length, 3)
})

test('shows come one after the other, and those that wait become one', async () => {
  const gates: (() => void)[] = []
  const { kept, shows } = setUp({
    show: (shown) => {
      shows.push(shown)
      return new Promise((done) => gates.push(done))
    },
  })
  const steps = [kept.follow([plan]), kept.follow([plan, { ...plan, domains: ['b.test'] }])]
  steps.push(kept.follow([{ ...plan, domains: ['b.test'] }]))
  for (let turns = 0; turns < 20; turns++) {
    await new Promise((turn) => setImmediate(turn))
    assert.ok(gates.length <= 1)
    gates.pop()?.()
  }
  await Promise.all(steps)
  assert.deepEqual(namesIn(shows.at(-1)), ['b.test'])
})

test('a listener that refuses is told of, and does not end the rest', async () => {
  const { kept, events } = setUp({ show: async () => Promise.reject(new Error('of no use')) })
  await kept.follow([plan])
  assert.deepEqual(events, [{ event: 'warning', text: 'Error: of no use' }])
})

const externalAccount = { keyId: 'k', macKeyEnv: 'MAC' }

const problems: [
  says: string,
  given: Partial<AcmeSetup>,
  plan: Partial<AcmePlan>,
  want?: RegExp,
][] = [
  ['nothing', {}, {}],
  ['no folder', { folder: undefined }, {}, /need a folder/],
  ['a folder of the plan', { folder: undefined }, { storage: '/own' }],
  ['no key of an account', {}, { externalAccount }, /in MAC/],
  ['one that is no base64url', { env: { MAC: 'a b' } }, { externalAccount }, /in MAC/],
  ['one that is', { env: { MAC: 'abcdefghijklmnop' } }, { externalAccount }],
]

for (const [says, given, more, want] of problems) {
  test(`with ${says} a plan ${want === undefined ? 'can' : 'cannot'} be followed`, () => {
    const problem = setUp(given).kept.problemOf({ ...plan, ...more })
    if (want === undefined) assert.equal(problem, undefined)
    else assert.match(problem ?? '', want)
  })
}
