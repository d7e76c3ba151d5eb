// The short form; `node test/stay/run.ts memory --long` is the long one.
import { test } from 'node:test'
import { assertAll, shortEffort } from './findings.ts'
import { procAbsent } from './readings.ts'
import { memory } from './memory.ts'

test(
  'differing reloads leave nothing of earlier versions behind',
  { skip: procAbsent },
  async () => {
    assertAll(await memory(shortEffort))
  },
)
