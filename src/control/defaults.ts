// The table of defaults: what holds where nothing is written, by audience. One table for the
// command line and the docs, read off the same places that the compiler reads.
import { limitTable, type LimitName } from '../base.ts'
import type { Audience } from '../policy.ts'

export interface DefaultsRow {
  readonly kind: 'setting' | 'limit' | 'policy'
  readonly name: string
  readonly unit: string
  /** The value as text; `off` for a policy that is absent. */
  readonly value: Readonly<Record<Audience, string>>
  readonly about: string
}

const same = (text: string): Record<Audience, string> => ({
  public: text,
  partner: text,
  internal: text,
})

export function defaultsTable(): readonly DefaultsRow[] {
  return limitRows()
}

function limitRows(): DefaultsRow[] {
  return (Object.keys(limitTable) as LimitName[]).map((name) => {
    const { default: value, unit, about } = limitTable[name]
    return { kind: 'limit', name, unit, value: same(String(value)), about }
  })
}
