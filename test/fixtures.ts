// Outside test data lies beside the project and is never part of it: where it is absent, the tests
// that need it are skipped and say why.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', 'shared', 'fixtures')

/** Passed as a test's `skip`: false where the data is there, else the reason. */
export const fixturesAbsent: string | false = existsSync(folder)
  ? false
  : 'outside test data (../shared/fixtures) is absent'

export const fixturePath = (...parts: string[]): string => join(folder, ...parts)

export const fixtureText = (...parts: string[]): string =>
  readFileSync(fixturePath(...parts), 'utf8')

export const fixtureNames = (...parts: string[]): string[] => readdirSync(fixturePath(...parts))
