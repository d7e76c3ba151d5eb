// The short form; `node test/stay/run.ts changes --long` is the long one.
import { test } from 'node:test'
import { changes } from './changes.ts'
import { assertAll, shortEffort } from './findings.ts'
import { procAbsent } from './readings.ts'

test(
  'whatever may change changes under load, whole or not at all, and nobody is lost',
  { skip: procAbsent },
  async () => {
    assertAll(await changes(shortEffort))
  },
)
