// An authority that says anything at all: its answers are broken in a hundred ways, and what comes of
// it is a sentence and a later try, never a bug of ours, a flood, or a certificate that is none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AcmeAnswer } from './asking.ts'
import { isFailure } from './failure.ts'
import { dayMs, hourMs, minuteMs, Simulation } from './simulation-for-tests.ts'

type Broken = (answer: AcmeAnswer, random: () => number) => AcmeAnswer

const pick = <T>(all: readonly T[], random: () => number): T =>
  all[Math.floor(random() * all.length)]!

const junk: readonly unknown[] = [
  null,
  0,
  -1,
  true,
  '',
  'x'.repeat(5_000),
  [],
  {},
  [null],
  [['https://ca.test/']],
  'http://ca.test/plain',
  'https://',
  'javascript:0',
  'https://ca.test/authorization/none',
  'invalid',
  'processing',
  'valid',
  '../../../etc/passwd',
  '\u001b[2J\r\nevil',
  '__proto__',
]

/** One value anywhere in a JSON text becomes another. */
const otherValue: Broken = (answer, random) => {
  let body: unknown
  try {
    body = JSON.parse(answer.text)
  } catch {
    return answer
  }
  const spots: [object: Record<string, unknown>, key: string][] = []
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, one] of Object.entries(value)) {
      spots.push([value as Record<string, unknown>, key])
      visit(one)
    }
  }
  visit(body)
  if (spots.length === 0) return { ...answer, text: JSON.stringify(pick(junk, random)) }
  const [holder, key] = pick(spots, random)
  holder[key] = pick(junk, random)
  return { ...answer, text: JSON.stringify(body) }
}

const otherStatus: Broken = (answer, random) => ({
  ...answer,
  status: pick([0, 100, 200, 204, 301, 400, 404, 409, 429, 500, 503, 999], random),
})

const otherFields: Broken = (answer, random) => ({
  ...answer,
  headers: {
    ...answer.headers,
    ...pick(
      [
        { 'replay-nonce': 'a b' },
        { 'replay-nonce': undefined },
        { 'retry-after': '99999999999' },
        { 'retry-after': '-5' },
        { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' },
        { location: 'http://ca.test/' },
        { location: undefined },
        { location: ['https://ca.test/a', 'https://ca.test/b'] },
      ],
      random,
    ),
  },
})

const cutText: Broken = (answer, random) => ({
  ...answer,
  text: answer.text.slice(0, Math.floor(random() * answer.text.length)),
})

const ways = [otherValue, otherValue, otherStatus, otherFields, cutText]

const seeds = 60

test('whatever an authority answers, it is told in a sentence and tried again', async () => {
  let obtained = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const all = new Simulation(seed)
    const { ask } = all.authority
    let isHostile = true
    all.authority.answers = async (request, signal) => {
      const answer = await ask(request, signal)
      const isBroken = isHostile && !isFailure(answer) && all.random() < 0.2
      return isBroken ? pick(ways, all.random)(answer, all.random) : answer
    }
    const one = await all.start()
    await all.pass(hourMs)
    for (const { event, text } of one.events) {
      assert.ok(!/TypeError|undefined|\[object|PRIVATE/.test(text), `seed ${seed}: ${text}`)
      // oxlint-disable-next-line no-control-regex
      assert.ok(event !== 'warning' && !/[\u0000-\u001f]/.test(text), `seed ${seed}: ${text}`)
      assert.ok(text.length < 1_000, text)
    }
    assert.ok(all.authority.asked.length < 1_500, `seed ${seed}: ${all.authority.asked.length}`)
    isHostile = false
    await all.pass(8 * dayMs)
    const { state, failing } = one.keeper.standings[0]!
    assert.equal(state, 'served', `seed ${seed}: ${failing?.text}`)
    obtained += all.authority.issued.length
  }
  assert.ok(obtained < seeds * 6, String(obtained))
})

test('no key is told to anybody', async () => {
  const all = new Simulation()
  const bodies: string[] = []
  const { ask } = all.authority
  all.authority.answers = (request, signal) => {
    bodies.push(JSON.stringify(request))
    return ask(request, signal)
  }
  const one = await all.start()
  await all.pass(minuteMs)
  const keys = [...all.disk.files.values()].flatMap((text) =>
    [...text.matchAll(/BEGIN PRIVATE KEY-----(?:\\n|\s)*([\w+/=]+)/g)].map(([, key]) =>
      key!.slice(0, 40),
    ),
  )
  const said = JSON.stringify([one.events, one.keeper.standings, bodies])
  assert.equal(one.events.length, 1)
  assert.equal(keys.length, 2)
  for (const text of keys) assert.ok(!said.includes(text))
  assert.ok(!said.includes('PRIVATE'))
})
