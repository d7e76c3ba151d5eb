// auth: who may call. For now one way, `upstream`: the credential must be present where the
// contract puts it, else 401, and goes to the service untouched, which alone judges it.
import { refuse } from '../base.ts'
import type { SecurityAlternative, SecurityUse } from '../contract.ts'
import type { Exchange } from '../http.ts'
import { hasCookie, hasCredentials, hasField, hasQuery } from './credential.ts'
import { definePolicy, type Site, type Zod } from './policy.ts'

/** One way for every scheme of the contract, or a way for each. */
export type AuthConfig = 'upstream' | { readonly schemes: Readonly<Record<string, 'upstream'>> }

/** Where one credential must be. */
export type Presence =
  | { readonly in: 'authorization'; readonly scheme: string }
  | { readonly in: 'header' | 'query' | 'cookie'; readonly name: string }

export interface AuthPlan {
  /** One of these must be met, each by all of its credentials. */
  readonly alternatives: readonly (readonly Presence[])[]
  /** `WWW-Authenticate`, name and value in turn. */
  readonly challenges: readonly string[]
  readonly message: string
}

export const auth = definePolicy<AuthConfig, AuthPlan>({
  id: 'auth',
  about: 'The credential that the contract asks for must be present; the service judges it.',
  phase: 'admit',
  schema: (zod: Zod) =>
    zod.union([
      zod.literal('upstream'),
      zod.strictObject({
        schemes: zod
          .record(zod.string(), zod.literal('upstream'))
          .describe('security schemes of the contract, each with who judges its credentials'),
      }),
    ]),
  // None: with a configuration every scheme must be bound, or nobody would know who judges it.
  defaultFor: () => undefined,
  compile,
  link: (plan) => {
    const missing = refuse('UNAUTHENTICATED', plan.message, { headers: plan.challenges })
    return (exchange) => (isMet(plan.alternatives, exchange) ? undefined : missing)
  },
})

function compile(config: AuthConfig, site: Site): AuthPlan | undefined {
  const { security, place } = site.operation
  for (const use of security.flat()) {
    const message = objection(config, use)
    if (message !== undefined) site.report({ severity: 'error', message, place })
  }
  if (security.length === 0 || security.some((alternative) => alternative.length === 0)) {
    return undefined
  }
  return {
    alternatives: security.map((alternative) => alternative.map(presence)),
    challenges: challenges(security),
    message: `A credential is required: ${security.map(words).join(', or ')}.`,
  }
}

function objection(config: AuthConfig, use: SecurityUse): string | undefined {
  if (use.type === 'mutualTLS') {
    return `security scheme '${use.scheme}' is mutualTLS, which this version does not support`
  }
  if (config === 'upstream' || Object.hasOwn(config.schemes, use.scheme)) return undefined
  return `security scheme '${use.scheme}' is not bound: say 'auth: upstream' or name it in 'schemes'`
}

function presence(use: SecurityUse): Presence {
  if (use.type !== 'apiKey') return { in: 'authorization', scheme: use.httpScheme ?? 'bearer' }
  const where = use.in ?? 'header'
  return { in: where, name: where === 'header' ? use.name!.toLowerCase() : use.name! }
}

function words(alternative: SecurityAlternative): string {
  const each = alternative.map((use) =>
    use.type === 'apiKey'
      ? `${use.in} '${use.name}'`
      : `header 'Authorization' with ${schemeName(use)}`,
  )
  return each.join(' and ')
}

function schemeName(use: SecurityUse): string {
  const scheme = use.httpScheme ?? 'bearer'
  return scheme.charAt(0).toUpperCase() + scheme.slice(1)
}

/**
 * One challenge for each distinct scheme (RFC 9110, section 11.6.1). A key in a field of its own
 * has no registered scheme, but a 401 must carry a challenge: `ApiKey` names the place.
 */
function challenges(security: readonly SecurityAlternative[]): string[] {
  const values = security.flat().map((use) => {
    if (use.type === 'apiKey')
      return `ApiKey realm="api", in="${use.in}", name=${quoted(use.name!)}`
    const scopes = use.scopes.length > 0 && use.type !== 'http' ? use.scopes : undefined
    const scope = scopes === undefined ? '' : `, scope=${quoted(scopes.join(' '))}`
    return `${schemeName(use)} realm="api"${scope}`
  })
  return [...new Set(values)].flatMap((value) => ['WWW-Authenticate', value])
}

/** A quoted-string; what may not stand in one, such as a line break in a hostile contract, goes. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[^\t -~]/g, '').replaceAll(/["\\]/g, '\\$&')}"`
}

function isMet(alternatives: AuthPlan['alternatives'], exchange: Exchange): boolean {
  for (let i = 0; i < alternatives.length; i++) {
    if (areAllPresent(alternatives[i]!, exchange)) return true
  }
  return false
}

function areAllPresent(credentials: readonly Presence[], exchange: Exchange): boolean {
  for (let i = 0; i < credentials.length; i++) {
    if (!isPresent(credentials[i]!, exchange)) return false
  }
  return true
}

function isPresent(credential: Presence, exchange: Exchange): boolean {
  const { headers, query } = exchange.request
  switch (credential.in) {
    case 'authorization':
      return hasCredentials(headers, credential.scheme)
    case 'header':
      return hasField(headers, credential.name)
    case 'cookie':
      return hasCookie(headers, credential.name)
    case 'query':
      return query !== undefined && hasQuery(query, credential.name)
  }
}
