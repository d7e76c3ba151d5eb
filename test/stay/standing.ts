// How what runs stands to what is written, as its admin port says.
import type { Program } from './program.ts'

export interface Standing {
  readonly state: string
  readonly revision: string
}

export async function standingOf({ adminUrl }: Program): Promise<Standing> {
  const { data } = (await (await fetch(`${adminUrl}/readyz`)).json()) as {
    data: { details: { configuration: Standing } }
  }
  return data.details.configuration
}

export const isBad = ({ state }: Standing): boolean => state === 'refused' || state === 'failed'
