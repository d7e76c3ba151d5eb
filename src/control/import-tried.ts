// Imports code of a configuration: with a word where it would wait forever.
import { type CodeModule, importCode } from '../code.ts'

/** Rejects with what it throws, and where nothing is left that could end its waiting. */
export async function importTried(code: CodeModule): Promise<Record<string, unknown>> {
  const stuck = Promise.withResolvers<never>()
  const giveUp = () => stuck.reject(new Error('it waits at its top for what never comes'))
  process.once('beforeExit', giveUp)
  try {
    return await Promise.race([importCode(code), stuck.promise])
  } finally {
    process.off('beforeExit', giveUp)
  }
}
