import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { failure } from './failure.ts'
import { dayMs, hourMs, minuteMs, type Process, Simulation } from './simulation-for-tests.ts'

const served = ({ shown }: Process): X509Certificate[] =>
  shown.certificates.map(({ cert }) => new X509Certificate(cert))

const isPlaceholder = (one: X509Certificate): boolean => one.subject === 'CN=not certified yet'

test('a name is served by a placeholder until it is certified, then by its certificate', async () => {
  const all = new Simulation()
  const one = await all.start()
  assert.ok(isPlaceholder(served(one)[0]!))
  await all.pass(minuteMs)
  assert.deepEqual(all.authority.issued, ['api.test'])
  assert.equal(served(one)[0]!.checkHost('api.test'), 'api.test')
  assert.ok(!isPlaceholder(served(one)[0]!))
  assert.deepEqual(one.shown.answers, [])
  assert.deepEqual(one.shown.challenges, [])
  assert.deepEqual(
    one.events.map(({ event }) => event),
    ['obtained'],
  )
})

test('over two years it is renewed after two thirds of its life, and never lapses', async () => {
  const all = new Simulation()
  const one = await all.start()
  await all.pass(hourMs)
  for (let days = 0; days < 730; days++) {
    await all.pass(dayMs)
    const [now] = served(one)
    const leftMs = Number(now!.validToDate) - all.clock.epochMs()
    assert.ok(leftMs > 25 * dayMs, `${leftMs / dayMs} days are left on day ${days}`)
  }
  // 60 to 64.5 days after the one before.
  assert.ok([12, 13].includes(all.authority.issued.length), String(all.authority.issued.length))
  assert.equal(all.authority.accounts, 1)
})

test('certificates that live for six days or for a minute are renewed in their time', async () => {
  for (const [lifeMs, passMs, want] of [
    [6 * dayMs, 30 * dayMs, [7, 8]],
    [minuteMs, 10 * minuteMs, [12, 13, 14, 15]],
  ] as const) {
    const all = new Simulation()
    all.authority.mood.lifeMs = lifeMs
    await all.start()
    await all.pass(passMs)
    const { length } = all.authority.issued
    assert.ok((want as readonly number[]).includes(length), `${length} of ${lifeMs} ms`)
  }
})

test('who starts again serves what is kept at once, and asks nobody', async () => {
  const all = new Simulation()
  const first = await all.start()
  await all.pass(hourMs)
  first.die()
  const asked = all.authority.asked.length
  const second = await all.start()
  assert.equal(served(second)[0]!.serialNumber, served(first)[0]!.serialNumber)
  await all.pass(50 * dayMs)
  assert.equal(all.authority.asked.length, asked)
})

test('processes that share a disk order once, all answer, and all serve', async () => {
  const all = new Simulation()
  const domains = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test', 'f.test']
  const fleet = [await all.start({ domains }), await all.start({ domains })]
  fleet.push(await all.start({ domains }))
  await all.pass(10 * minuteMs)
  assert.deepEqual([...all.authority.issued].sort(), domains)
  const serials = fleet.map((one) => served(one).map(({ serialNumber }) => serialNumber))
  assert.deepEqual(serials[1], serials[0])
  assert.deepEqual(serials[2], serials[0])
  assert.equal(all.authority.accounts, 1)
  await all.pass(85 * dayMs)
  assert.equal(all.authority.issued.length, 2 * domains.length)
  for (const one of fleet) {
    for (const now of served(one)) {
      assert.ok(Number(now.validToDate) - all.clock.epochMs() > 60 * dayMs)
    }
  }
})

test('of processes that share a disk another takes over where the one that orders dies', async () => {
  const all = new Simulation()
  const first = await all.start()
  const second = await all.start()
  first.die()
  await all.pass(2 * minuteMs)
  assert.deepEqual(all.authority.issued, ['api.test'])
  assert.ok(!isPlaceholder(served(second)[0]!))
})

test('nonces that are refused are replaced, and a server that refuses all is left alone', async () => {
  const all = new Simulation()
  all.authority.mood.badNonces = 6
  await all.start()
  await all.pass(minuteMs)
  assert.equal(all.authority.issued.length, 1)
  const never = new Simulation()
  never.authority.mood.badNonces = 10
  const one = await never.start()
  await never.pass(30_000)
  assert.match(one.events[0]!.text, /none of the nonces/)
  assert.ok(never.authority.asked.length < 40)
})

test('an outage is tried again after a minute, and ever later to an hour', async () => {
  const all = new Simulation()
  all.authority.mood.outage = failure('unavailable', 'nobody answers')
  const one = await all.start()
  await all.pass(dayMs)
  const tries = one.events.length
  assert.ok(tries >= 25 && tries <= 32, String(tries))
  assert.match(
    one.events[0]!.text,
    /^api.test is not certified by ca.test: nobody answers; next try/,
  )
  all.authority.mood.outage = undefined
  await all.pass(2 * hourMs)
  assert.equal(all.authority.issued.length, 1)
  assert.equal(one.keeper.standings[0]!.failing, undefined)
})

test('a name that does not lead here is tried once an hour at most, by either challenge', async () => {
  const all = new Simulation()
  all.authority.listeners = () => []
  const one = await all.start()
  await all.pass(minuteMs)
  assert.equal(all.authority.orders, 1)
  assert.match(one.events[0]!.text, /did not find api.test here by tls-alpn-01: .*nobody there/)
  await all.pass(hourMs - minuteMs)
  assert.equal(all.authority.orders, 1)
  await all.pass(hourMs / 5)
  assert.equal(all.authority.orders, 2)
  assert.match(one.events[1]!.text, /by http-01/)
  await all.pass(30 * dayMs)
  assert.ok(all.authority.orders < 70, String(all.authority.orders))
  assert.deepEqual(one.shown.answers, [])
})

test('who starts again does not try sooner for it', async () => {
  const all = new Simulation()
  all.authority.listeners = () => []
  for (let starts = 0; starts < 10; starts++) {
    const one = await all.start()
    await all.pass(5 * minuteMs)
    assert.equal(one.keeper.standings[0]!.failing?.count, 1)
    one.die()
  }
  assert.equal(all.authority.orders, 1)
})

test('an operator who removes what is kept of failures has it tried within a minute', async () => {
  const all = new Simulation()
  const { listeners } = all.authority
  all.authority.listeners = () => []
  await all.start()
  await all.pass(5 * minuteMs)
  all.authority.listeners = listeners
  const file = [...all.disk.files.keys()].find((path) => path.includes('/failures/'))
  all.disk.files.delete(file!)
  await all.pass(2 * minuteMs)
  assert.equal(all.authority.issued.length, 1)
})

test('who is asked to wait waits as long', async () => {
  const all = new Simulation()
  all.authority.mood.refusal = {
    path: '/order',
    status: 429,
    type: 'rateLimited',
    retryAfter: '172800',
  }
  const one = await all.start()
  await all.pass(47 * hourMs)
  const orders = all.authority.asked.filter((line) => line === 'POST /order')
  assert.equal(orders.length, 1)
  assert.match(one.events[0]!.text, /rateLimited/)
  all.authority.mood.refusal = undefined
  await all.pass(10 * hourMs)
  assert.equal(all.authority.issued.length, 1)
})

test('a renewal that fails leaves the old certificate in place', async () => {
  const all = new Simulation()
  all.authority.mood.lifeMs = 9 * dayMs
  const one = await all.start()
  await all.pass(hourMs)
  const [{ serialNumber }] = served(one) as [X509Certificate]
  all.authority.mood.outage = failure('unavailable', 'nobody answers')
  await all.pass(8 * dayMs)
  assert.equal(served(one)[0]!.serialNumber, serialNumber)
  assert.equal(one.keeper.standings[0]!.state, 'served')
  await all.pass(2 * dayMs)
  assert.equal(one.keeper.standings[0]!.state, 'expired')
  all.authority.mood.outage = undefined
  await all.pass(2 * hourMs)
  assert.equal(one.keeper.standings[0]!.state, 'served')
})

test('an account that the authority has forgotten is made again, with its key', async () => {
  const all = new Simulation()
  all.authority.mood.lifeMs = 6 * dayMs
  await all.start()
  await all.pass(hourMs)
  const key = accountKey(all)
  all.authority.forgetAccounts()
  await all.pass(5 * dayMs)
  assert.equal(all.authority.issued.length, 2)
  assert.equal(accountKey(all), key)
})

const accountKey = ({ disk }: Simulation): string => {
  const [text] = [...disk.files].flatMap(([path, one]) =>
    path.endsWith('account.json') ? [one] : [],
  )
  return JSON.parse(text!).key
}

for (const [what, broken] of [
  ['certificates/api.test.pem', 'half a certifi'],
  ['account.json', '{"key": 7'],
  ['failures/api.test.json', 'null'],
  ['orders/api.test.json', '{}'],
  ['challenges/other.test.json', '[]'],
] as const) {
  test(`${what} that is broken is moved aside, and told of`, async () => {
    const all = new Simulation()
    const before = await all.start()
    await all.pass(hourMs)
    before.die()
    const folder = [...all.disk.files.keys()][0]!.split('/')[0]!
    all.disk.files.set(`${folder}/${what}`, broken)
    const one = await all.start()
    await all.pass(70 * dayMs)
    assert.equal(all.disk.files.get(`${folder}/${what}.broken`), broken)
    assert.ok(one.events.some(({ event, text }) => event === 'warning' && text.includes(what)))
    assert.equal(one.keeper.standings[0]!.state, 'served')
    assert.equal(one.keeper.standings[0]!.failing, undefined)
  })
}

test('a disk that takes nothing costs no orders, and is tried again', async () => {
  const all = new Simulation()
  let isFull = true
  const one = await all.start({
    step: (what) => {
      const isWrite = /^(?:write|create) /.test(what)
      if (isFull && isWrite) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    },
  })
  await all.pass(dayMs)
  assert.equal(all.authority.orders, 0)
  assert.ok(one.events.length < 40, String(one.events.length))
  assert.match(one.events[0]!.text, /no space left/)
  isFull = false
  await all.pass(2 * hourMs)
  assert.equal(all.authority.issued.length, 1)
})

test('a certificate that the disk does not take is served, and kept once it does', async () => {
  const all = new Simulation()
  let isFull = true
  const one = await all.start({
    step: (what) => {
      const isCertificate = what.startsWith('write') && what.includes('/certificates/')
      if (isFull && isCertificate)
        throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    },
  })
  await all.pass(dayMs)
  assert.deepEqual(all.authority.issued, ['api.test'])
  assert.equal(one.keeper.standings[0]!.state, 'served')
  assert.match(one.events.at(-1)!.text, /a certificate that is not kept/)
  isFull = false
  await all.pass(2 * hourMs)
  const second = await all.start()
  assert.equal(served(second)[0]!.serialNumber, served(one)[0]!.serialNumber)
  assert.equal(one.keeper.standings[0]!.failing, undefined)
})
