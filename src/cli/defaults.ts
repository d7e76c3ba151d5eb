// Which defaults an audience decides: those that another audience would give another value.
import { type DefaultsRow, defaultsTable } from '../control.ts'

export const differs = ({ value }: DefaultsRow): boolean =>
  value.public !== value.partner || value.partner !== value.internal

/** Name and value of each, as they hold where nothing is written. */
export function defaultsOf(audience: keyof DefaultsRow['value']): [name: string, value: string][] {
  return defaultsTable()
    .filter((row) => differs(row) && row.value[audience] !== '–')
    .map((row) => [row.name, row.value[audience]])
}
