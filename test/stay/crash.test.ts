// The short form; `node test/stay/run.ts crash --long` is the long one.
import { test } from 'node:test'
import { crash } from './crash.ts'
import { assertAll, shortEffort } from './findings.ts'

test('a worker that exits, throws, hangs or runs out of memory is replaced, and who is with another notices nothing', async () => {
  assertAll(await crash(shortEffort))
})
