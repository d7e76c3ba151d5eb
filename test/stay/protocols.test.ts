// The short form; `node test/stay/run.ts protocols --long` is the long one.
import { test } from 'node:test'
import { assertAll, shortEffort } from './findings.ts'
import { protocols } from './protocols.ts'
import { procAbsent } from './readings.ts'

test(
  'clients of every protocol lose nothing while configurations change and workers are renewed',
  { skip: procAbsent },
  async () => {
    assertAll(await protocols(shortEffort))
  },
)
