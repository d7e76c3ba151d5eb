// Who judges the credentials of each security scheme. Without a configuration it is the service,
// and start-up says so; with one, every scheme that is used must be bound: never an open door.
import type { Problem } from '../base.ts'
import type { Contract, Operation } from '../contract.ts'
import type { AuthConfig } from '../policy.ts'
import { errorAt } from './problem-list.ts'
import { isRecord } from './settings.ts'
import type { Level, Settled } from './settings.ts'
import { suggestion } from './suggest.ts'

export const authDefault = (hasConfiguration: boolean): AuthConfig =>
  hasConfiguration ? { schemes: {} } : 'upstream'

/** One note of all schemes that operations ask for while nothing says who judges them. */
export function unboundNote(contract: Contract, settled: readonly Settled[]): Problem | undefined {
  const used = new Map<string, Operation>()
  for (const [i, operation] of contract.operations.entries()) {
    const isBound = settled[i]!.policies.get('auth')?.some(({ place }) => place !== undefined)
    if (isBound === true) continue
    for (const { scheme } of operation.security.flat()) {
      if (!used.has(scheme)) used.set(scheme, operation)
    }
  }
  const [first] = used
  if (first === undefined) return undefined
  const [scheme, operation] = first
  const names = [...used.keys()].map((name) => `'${name}'`).join(', ')
  const subject =
    used.size === 1
      ? `security scheme ${names} is bound to nothing, so it is`
      : `security schemes ${names} are bound to nothing, so they are`
  return {
    severity: 'note',
    message:
      `${subject} 'auth: upstream': the credential must be present ` +
      'and is forwarded untouched for the service to judge',
    place: contract.securitySchemes.get(scheme)?.place ?? operation.place,
  }
}

/** Bindings of schemes that the contract does not have. */
export function unknownSchemes(level: Level, contract: Contract): Problem[] {
  const auth = (level.value.policies as Record<string, unknown> | undefined)?.['auth']
  if (!isRecord(auth) || !isRecord(auth['schemes'])) return []
  const known = contract.securitySchemes
  return Object.keys(auth['schemes'])
    .filter((scheme) => !known.has(scheme))
    .map((scheme) => {
      const place = level.locate(`/policies/auth/schemes/${scheme}`)
      const hint = suggestion(scheme, known.keys())
      return errorAt(place, `the contract has no security scheme '${scheme}'${hint}`)
    })
}
