// The short form; `node test/stay/run.ts drain --long` is the long one.
import { test } from 'node:test'
import { assertAll, shortEffort } from './findings.ts'
import { procAbsent } from './readings.ts'
import { drain } from './drain.ts'

test(
  'asked to end, it says so at once, serves its notice, and lets transfers end, up to a bound',
  { skip: procAbsent },
  async () => {
    assertAll(await drain(shortEffort))
  },
)
