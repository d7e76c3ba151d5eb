// The short form; `node test/stay/run.ts slow --long` is the long one.
import { test } from 'node:test'
import { assertAll, shortEffort } from './findings.ts'
import { procAbsent } from './readings.ts'
import { slow } from './slow.ts'

test(
  'the slow are cut, those beside them are served, and nothing is left',
  { skip: procAbsent },
  async () => {
    assertAll(await slow(shortEffort))
  },
)
