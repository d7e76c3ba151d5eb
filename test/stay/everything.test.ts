// The short form; `node test/stay/run.ts everything --long` is the long one.
import { test } from 'node:test'
import { everything } from './everything.ts'
import { assertAll, shortEffort } from './findings.ts'
import { procAbsent } from './readings.ts'

test('with everything on at once no reply is wrong', { skip: procAbsent }, async () => {
  assertAll(await everything(shortEffort))
})
