// The short form; `node test/stay/run.ts rogue --long` is the long one.
import { test } from 'node:test'
import { assertAll, shortEffort } from './findings.ts'
import { procAbsent } from './readings.ts'
import { rogue } from './rogue.ts'

test(
  'code of others and broken services cost what they touch, and nobody else',
  { skip: procAbsent },
  async () => {
    assertAll(await rogue(shortEffort))
  },
)
