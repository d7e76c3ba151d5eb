// When progress is spoken of, with time in the hands of the test.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { withProgress } from './progress.ts'
import type { World } from './world.ts'

function spoken(t: TestContext, isTTY: boolean): { world: World; err: string[] } {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const err: string[] = []
  const stream = { write: (text: string) => err.push(text), isTTY }
  return {
    world: { out: stream, err: stream, cwd: '.', env: {}, onStop: () => {}, onReload: () => {} },
    err,
  }
}

const cases: [says: string, isTTY: boolean, tookMs: number, want: string[]][] = [
  ['what is quick is not announced', true, 499, []],
  ['what is slow is announced and then wiped from a terminal', true, 500, ['x …', '\r\u001B[2K']],
  ['what is slow stands once in a log', false, 500, ['x …\n']],
]

for (const [says, isTTY, tookMs, want] of cases) {
  test(says, async (t) => {
    const { world, err } = spoken(t, isTTY)
    const result = await withProgress(world, 'x', async () => {
      t.mock.timers.tick(tookMs)
      return 7
    })
    assert.equal(result, 7)
    assert.deepEqual(err, want)
  })
}
