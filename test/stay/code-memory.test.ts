// The short form; `node test/stay/run.ts code-memory --long` is the long one.
import { test } from 'node:test'
import { codeMemory } from './code-memory.ts'
import { assertAll, shortEffort } from './findings.ts'
import { procAbsent } from './readings.ts'

test(
  'threads that other code has replaced end, and leave nothing behind',
  { skip: procAbsent },
  async () => {
    assertAll(await codeMemory(shortEffort))
  },
)
