// Security schemes, and what `security` asks of an operation.
import { nearestWord } from '../base.ts'
import { checkFields } from './fields.ts'
import type { SecurityAlternative, SecurityScheme, SecurityUse } from './operation.ts'
import { child, children, follow, isObject, objectOf, type Reading, report } from './spot.ts'
import { type Spot, stringOf, targetOf } from './spot.ts'

/** By name; those that are named by their addresses come as they are met. */
export type Schemes = Map<string, SecurityScheme>

export function readSecuritySchemes(reading: Reading, root: Spot): Schemes {
  const schemes = new Map<string, SecurityScheme>()
  const components = objectOf(reading, root, 'components')
  const declared = components && objectOf(reading, components, 'securitySchemes')
  for (const [name, written] of declared ? children(declared) : []) {
    const spot = follow(reading, written)
    const scheme = spot && readScheme(reading, spot)
    if (scheme !== undefined) schemes.set(name, scheme)
  }
  return schemes
}

const types = ['apiKey', 'http', 'oauth2', 'openIdConnect', 'mutualTLS'] as const
const carriers = ['header', 'query', 'cookie'] as const

function readScheme(reading: Reading, spot: Spot): SecurityScheme | undefined {
  if (!checkFields(reading, spot, 'Security Scheme')) return undefined
  const type = oneOf(reading, spot, 'type', types)
  if (type === undefined) return undefined
  const place = reading.documents.locate(spot.uri, spot.pointer)
  const none = { in: undefined, name: undefined, httpScheme: undefined, place }
  if (type === 'apiKey') {
    const carrier = oneOf(reading, spot, 'in', carriers)
    const name = required(reading, spot, 'name')
    return carrier && name ? { ...none, type, in: carrier, name } : undefined
  }
  if (type !== 'http') return { ...none, type }
  const httpScheme = required(reading, spot, 'scheme')?.toLowerCase()
  if (httpScheme === undefined) return undefined
  // It stands in `WWW-Authenticate` as it is.
  if (!token.test(httpScheme)) {
    report(reading, child(spot, 'scheme')!, '`scheme` is no name of a scheme such as `bearer`')
    return undefined
  }
  return { ...none, type, httpScheme }
}

/** RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

function required(reading: Reading, spot: Spot, key: string): string | undefined {
  const text = stringOf(reading, spot, key)
  if (child(spot, key) === undefined || text === '') {
    report(reading, spot, `this security scheme needs \`${key}\``)
  }
  return text === '' ? undefined : text
}

function oneOf<T extends string>(
  reading: Reading,
  spot: Spot,
  key: string,
  words: readonly T[],
): T | undefined {
  const text = required(reading, spot, key)
  const word = words.find((one) => one === text)
  if (text !== undefined && word === undefined) {
    report(reading, child(spot, key)!, `\`${key}\` must be one of ${words.join(', ')}`)
  }
  return word
}

/** Alternatives of a `security` list; an empty one lets anybody in, as does an empty list. */
export function readSecurity(
  reading: Reading,
  security: Spot | undefined,
  schemes: Schemes,
): SecurityAlternative[] {
  if (security === undefined) return []
  if (!Array.isArray(security.value)) {
    report(reading, security, '`security` must be a list')
    return []
  }
  return children(security).map(([, alternative]) => readAlternative(reading, alternative, schemes))
}

function readAlternative(reading: Reading, spot: Spot, schemes: Schemes): SecurityAlternative {
  if (!isObject(spot.value)) {
    report(reading, spot, 'each entry of `security` must be an object of scheme names')
    return []
  }
  return children(spot)
    .map(([name, scopes]) => readUse(reading, name, scopes, schemes))
    .filter((use) => use !== undefined)
}

/** OpenAPI 3.2 lets a requirement name a scheme by where it stands. */
function schemeAt(
  reading: Reading,
  reference: string,
  from: Spot,
  schemes: Schemes,
): SecurityScheme | undefined {
  if (reading.openapi !== '3.2') return undefined
  const target = targetOf(reading, { ...from, value: reference })
  const spot = target && isObject(target.value) ? follow(reading, target) : undefined
  const scheme = spot && readScheme(reading, spot)
  if (scheme !== undefined) schemes.set(reference, scheme)
  return scheme
}

function readUse(
  reading: Reading,
  name: string,
  spot: Spot,
  schemes: Schemes,
): SecurityUse | undefined {
  const scheme = schemes.get(name) ?? schemeAt(reading, name, spot, schemes)
  if (scheme === undefined) {
    const nearest = nearestWord(name, schemes.keys())
    const hint = nearest === undefined ? '' : `: did you mean \`${nearest}\`?`
    report(reading, spot, `no security scheme is named \`${name}\`${hint}`)
    return undefined
  }
  const scopes = spot.value
  if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === 'string')) {
    report(reading, spot, `the scopes of \`${name}\` must be a list of strings`)
    return undefined
  }
  const { type, in: carrier, name: carrierName, httpScheme } = scheme
  return { scheme: name, type, in: carrier, name: carrierName, httpScheme, scopes }
}
