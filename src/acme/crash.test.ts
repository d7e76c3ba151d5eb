// A process that orders dies at each step of its disk in turn, before it and behind it; the one that
// starts after it must end where the first wanted to be, with no certificate more than needed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs, hourMs, minuteMs, Simulation } from './simulation-for-tests.ts'

/** Gives the step; undefined where it has ordered in fewer. */
async function diesAt(step: number): Promise<string | undefined> {
  const all = new Simulation(step)
  let steps = 0
  let at: string | undefined
  await all.start({
    step: (what, die) => {
      if (++steps !== step) return
      at = what
      die()
    },
  })
  await all.pass(10_000)
  if (at === undefined) return undefined
  const second = await all.start()
  await all.pass(5 * minuteMs)
  const [standing] = second.keeper.standings
  assert.equal(standing!.state, 'served', `died at ${at}`)
  assert.deepEqual(all.authority.issued, ['api.test'], `died at ${at}`)
  assert.equal(standing!.failing, undefined)
  assert.deepEqual(second.shown.answers, [])
  assert.deepEqual(
    second.events.filter(({ event }) => event === 'warning'),
    [],
  )
  // Nothing that was left half way is in the way of what comes later.
  await all.pass(70 * dayMs)
  assert.equal(all.authority.issued.length, 2, `died at ${at}`)
  return at
}

test('a process may die at any step: the next one orders on, and no certificate is wasted', async () => {
  const seen: string[] = []
  for (let step = 1; ; step++) {
    const at = await diesAt(step)
    if (at === undefined) break
    seen.push(at)
  }
  for (const want of ['created', 'wrote', 'removed', 'read', 'list']) {
    assert.ok(
      seen.some((at) => at.startsWith(want)),
      want,
    )
  }
  assert.ok(seen.length > 30, seen.join())
})

test('an order that was left so long that its certificate has expired is made again at once', async () => {
  const all = new Simulation()
  await all.start({
    step: (what, die) => what.startsWith('write') && what.includes('/certificates/') && die(),
  })
  await all.pass(minuteMs)
  assert.deepEqual(all.authority.issued, ['api.test'])
  await all.pass(100 * dayMs)
  const second = await all.start()
  await all.pass(2 * minuteMs)
  assert.equal(second.keeper.standings[0]!.state, 'served')
  assert.equal(all.authority.issued.length, 2)
  assert.equal(second.keeper.standings[0]!.failed, 0)
})

test('of three that die and start again at random, some seed by seed, one gets there', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const all = new Simulation(seed)
    const chance = (die: () => void) => {
      if (all.random() < 0.01) die()
    }
    for (let day = 0; day < 40; day++) {
      const alive = all.processes.filter(({ isDead }) => !isDead).length
      for (let more = alive; more < 3; more++) {
        await all.start({ step: (_, die) => day < 30 && chance(die) }).catch(() => {})
      }
      await all.pass(hourMs)
    }
    const standing = all.processes.findLast(({ isDead }) => !isDead)!.keeper.standings[0]!
    assert.equal(standing.state, 'served', `seed ${seed}`)
    assert.ok(all.authority.issued.length <= 2, `seed ${seed}: ${all.authority.issued.length}`)
  }
})
