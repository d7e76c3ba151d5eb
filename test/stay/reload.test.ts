// The short form; `node test/stay/run.ts reload --long` is the long one.
import { test } from 'node:test'
import { assertAll, shortEffort } from './findings.ts'
import { procAbsent } from './readings.ts'
import { reload } from './reload.ts'

test(
  'while configurations change under load, every reply is what the version that it names says, and nothing is lost',
  { skip: procAbsent },
  async () => {
    assertAll(await reload(shortEffort))
  },
)
