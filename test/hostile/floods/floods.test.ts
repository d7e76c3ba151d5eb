// Every flood once against the program itself: it is ended by the bound that is meant for it, what
// the program holds stays bounded, and whoever asks beside it is served. What each costs, and what
// others wait meanwhile, `node test/hostile/floods/run.ts` measures.
import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { procAbsent, readingOf, restartsIn, scrape, sumOf, until } from '../../stay/readings.ts'
import { Arena } from './arena.ts'
import { floods } from './corpus.ts'
import { type Flood, isEnded } from './flood.ts'

/** Far more than any flood may hold, for what a heap keeps of so many. */
const grownBytesMax = 256 * 1024 * 1024

suite('floods', { skip: procAbsent }, async () => {
  const arena = await Arena.open()
  const { pid, adminUrl } = arena.program
  const first = readingOf(pid)
  let served = 0
  after(() => arena[Symbol.asyncDispose]())

  const isFought = (flood: Flood) =>
    test(flood.name, { timeout: 60_000 }, async () => {
      const told = await flood.attack(arena)
      assert.ok(isEnded(flood, told), `${told}, not ${flood.ends}`)
      const { wrong, answered } = await arena.bystander()
      assert.deepEqual(wrong, [], 'others were served')
      served += answered
    })
  suite('that go on until their time is up', { concurrency: true }, () => {
    for (const flood of floods) if (flood.isSlow === true) isFought(flood)
  })
  suite('that are ended for what they do', () => {
    for (const flood of floods) if (flood.isSlow !== true) isFought(flood)
  })

  test('nothing of them is left', async () => {
    assert.ok(served > 0)
    const clients = async () => sumOf(await scrape(adminUrl), 'concordat_client_connections')
    await until('none but the bystander is connected', clients, (count) => count === 4)
    const last = readingOf(pid)
    assert.ok(last.residentBytes - first.residentBytes < grownBytesMax)
    assert.equal(restartsIn(await scrape(adminUrl)), 0)
    assert.doesNotMatch(arena.program.said, /Error|bug/)
  })
})
