// The short form; `node test/stay/run.ts soak --long` is the long one.
import { test } from 'node:test'
import { assertAll, shortEffort } from './findings.ts'
import { procAbsent } from './readings.ts'
import { soak } from './soak.ts'

test(
  'connections that come, go and break off, and reloads, leave nothing behind',
  { skip: procAbsent },
  async () => {
    assertAll(await soak(shortEffort))
  },
)
