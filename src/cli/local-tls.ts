// `run --tls`: https on this machine with nothing else at hand. What a person has to know of it, and
// what renews it while it runs.
import { hostname } from 'node:os'
import { systemClock } from '../base.ts'
import { localTlsFolder } from '../control.ts'
import { type LocalFiles, localFiles } from './local-authority.ts'
import type { Behind } from './run.ts'
import type { World } from './world.ts'

const renewPeriodMs = 12 * 3_600_000

export interface LocalTls extends Behind {
  readonly files: LocalFiles
  close(): void
}

/** A sentence where none can be made. `warn` hears of it later. */
export function localTls(
  { env }: World,
  warn: (sentence: string) => void,
): LocalTls | { readonly problem: string } {
  const folder = localTlsFolder(env)
  if (folder === undefined) {
    return { problem: 'nowhere to keep a certificate: set HOME or XDG_STATE_HOME' }
  }
  const setup = {
    folder,
    hostname: hostname(),
    epochMs: () => systemClock.epochMs(),
  }
  const make = () => localFiles(setup)
  try {
    const files = make()
    // What it writes is watched, and put in force as anything else is.
    const close = systemClock.every(renewPeriodMs, () => renewed(make, warn))
    return {
      files,
      close,
      follow: async () => {},
      facts: () => factsOf(files),
      json: () => json(files),
    }
  } catch (error) {
    return { problem: `no certificate for this machine: ${(error as Error).message}` }
  }
}

function renewed(make: () => LocalFiles, warn: (sentence: string) => void): void {
  try {
    make()
  } catch (error) {
    warn(`the certificate for this machine was not renewed: ${(error as Error).message}`)
  }
}

const factsOf = ({ authority, names }: LocalFiles): string[][] => [
  ['tls', `for ${names.join(', ')}, by an authority of yours`],
  ['trust', `${authority}  (curl --cacert, or add it to your browser's)`],
]

const json = ({ authority }: LocalFiles): object => ({ authority })
