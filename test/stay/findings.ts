// What a case has found: claims, each with what was seen and whether that holds it. The long form
// prints them; the short form asserts that all of them hold.
import assert from 'node:assert/strict'

export interface Finding {
  readonly claim: string
  readonly found: string
  readonly holds: boolean
}

/** How much of a case is wanted, and where it says how far it has come. */
export interface Effort {
  readonly long: boolean
  readonly seed: number
  /** Of the soak alone. */
  readonly minutes: number
  /** Where files that outlive the run are left; undefined: nowhere. */
  readonly results: string | undefined
  readonly progress: (text: string) => void
}

export type Case = (effort: Effort) => Promise<readonly Finding[]>

export const shortEffort: Effort = {
  long: false,
  seed: 1,
  minutes: 0,
  results: undefined,
  progress: () => {},
}

export const finding = (claim: string, found: string | number, holds: boolean): Finding => ({
  claim,
  found: String(found),
  holds,
})

/** Nothing of these was seen; the first few are shown where some were. */
export function none(claim: string, seen: readonly string[]): Finding {
  const shown = seen.slice(0, 5).join(' | ')
  return finding(claim, seen.length === 0 ? 'none' : `${seen.length}: ${shown}`, seen.length === 0)
}

export function assertAll(findings: readonly Finding[]): void {
  for (const { claim, found, holds } of findings) assert.ok(holds, `${claim}: ${found}`)
}

export function tableOf(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ claim }) => claim.length))
  return findings
    .map(({ claim, found, holds }) => `${holds ? '✔' : '✖'} ${claim.padEnd(width)}  ${found}`)
    .join('\n')
}
