// Every flood once against the program itself: it is ended by the bound that is meant for it, what
// the program holds stays bounded, and whoever asks beside it is served. What each costs, and what
// others wait meanwhile, `node test/hostile/floods/run.ts` measures.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { procAbsent, readingOf, restartsIn, scrape, sumOf, until } from '../../stay/readings.ts'
import { Arena } from './arena.ts'
import { floods } from './corpus.ts'
import { isEnded } from './flood.ts'

/** Far more than any flood may hold, for what a heap keeps of so many. */
const grownBytesMax = 256 * 1024 * 1024

suite('floods', { skip: procAbsent }, async () => {
  const arena = await Arena.open()
  const { pid, adminUrl } = arena.program
  const first = readingOf(pid)

  for (const flood of floods) {
    test(flood.name, { timeout: 60_000 }, async () => {
      const told = await flood.attack(arena)
      assert.ok(isEnded(flood, told), `${told}, not ${flood.ends}`)
      const { wrong } = await arena.bystander()
      assert.deepEqual(wrong, [], 'others were served')
    })
  }

  test('nothing of them is left', async () => {
    const clients = async () => sumOf(await scrape(adminUrl), 'concordat_client_connections')
    await until('none but the bystander is connected', clients, (count) => count === 4)
    const last = readingOf(pid)
    assert.ok(last.residentBytes - first.residentBytes < grownBytesMax)
    assert.equal(restartsIn(await scrape(adminUrl)), 0)
    assert.doesNotMatch(arena.program.said, /Error|bug/)
    await arena[Symbol.asyncDispose]()
  })
})
