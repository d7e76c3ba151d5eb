// validation: the request must match the contract. Parameters are checked as soon as the head is
// there; the body once it is held whole, or as it streams by where its media type can be judged so.
import { type Detail, refuse } from '../base.ts'
import {
  type BodyPlan,
  detailOf,
  type FindMedia,
  linkBody,
  linkMedia,
  linkParameters,
  type ParameterPlan,
  type QuerystringPlan,
} from '../contract.ts'
import {
  type BodyLength,
  type BodyWatch,
  type Exchange,
  type HeaderList,
  headerValue,
  type Verdict,
} from '../http.ts'
import type { OneWayRule } from '../schema.ts'
import { type Audience, definePolicy, type Site, type Tools, type Zod } from './policy.ts'
import { watchedBody } from './watched-body.ts'

export interface ValidationConfig {
  readonly undeclaredQuery?: 'refuse' | 'drop' | 'pass' | undefined
  readonly readOnly?: 'refuse' | 'pass-in-put' | 'pass' | undefined
}

export interface ValidationPlan {
  readonly undeclaredQuery: 'refuse' | 'drop' | 'pass'
  readonly readOnly: OneWayRule
  readonly parameters: readonly ParameterPlan[]
  readonly querystring?: QuerystringPlan | undefined
  readonly body: BodyPlan | undefined
  /** Query names that security schemes of the operation use. */
  readonly securityNames: readonly string[]
}

export const validation = definePolicy<ValidationConfig, ValidationPlan>({
  id: 'validation',
  about: 'Parameters and body must match the contract; each breach is named in `details`.',
  phase: 'several',
  schema: (zod: Zod) =>
    zod.strictObject({
      undeclaredQuery: zod
        .enum(['refuse', 'drop', 'pass'])
        .optional()
        .describe('what becomes of query parameters that the contract does not declare'),
      readOnly: zod
        .enum(['refuse', 'pass-in-put', 'pass'])
        .optional()
        .describe('what becomes of a request that sends properties that are `readOnly`'),
    }),
  defaultFor: (audience) => ({
    undeclaredQuery: undeclaredFor(audience),
    readOnly: readOnlyFor(audience),
  }),
  compile,
  looser,
  link: (plan, given) => {
    const tools: Tools = { ...given, check: (schema) => given.check(schema, plan.readOnly) }
    if (plan.body === undefined) return { check: checkStep(plan, tools, undeclared) }
    const find = linkMedia(plan.body.media, tools)
    return {
      check: checkStep(plan, tools, find),
      content: contentStep(plan.body, tools),
      watch: watchStep(find, plan.body.required),
    }
  },
})

const undeclared: FindMedia = () => undefined

const undeclaredFor = (audience: Audience) => (audience === 'internal' ? 'pass' : 'refuse')

/**
 * A client may not set what only the service sets (mass assignment). Whoever changes what it got
 * and sends the whole of it back, by PUT, sends that too, and means no harm.
 */
const readOnlyFor = (audience: Audience) => (audience === 'internal' ? 'pass' : 'pass-in-put')

function readOnlyRule(config: ValidationConfig, { audience, operation }: Site): OneWayRule {
  const setting = config.readOnly ?? readOnlyFor(audience)
  if (setting === 'pass-in-put') return operation.method === 'PUT' ? 'pass' : 'refuse'
  return setting
}

function compile(config: ValidationConfig, site: Site): ValidationPlan {
  const { parameters, querystring, body, security } = site.operation
  const keys = security.flat().filter((use) => use.type === 'apiKey' && use.in === 'query')
  return {
    undeclaredQuery: config.undeclaredQuery ?? undeclaredFor(site.audience),
    readOnly: readOnlyRule(config, site),
    parameters,
    ...(querystring && { querystring }),
    body,
    securityNames: [...new Set(keys.map((use) => use.name!))],
  }
}

/** From loose to strict. */
const strictness = {
  undeclaredQuery: ['pass', 'drop', 'refuse'],
  readOnly: ['pass', 'pass-in-put', 'refuse'],
} as const

const meanings = {
  undeclaredQuery: 'undeclared query parameters',
  readOnly: 'properties that are `readOnly`',
} as const

function looser(outer: ValidationConfig, inner: ValidationConfig): string | undefined {
  const found = (['undeclaredQuery', 'readOnly'] as const).filter((key) => {
    const rank = (value: string) => strictness[key].findIndex((one) => one === value)
    return inner[key] !== undefined && rank(inner[key]) < rank(outer[key] ?? 'refuse')
  })
  const said = found.map((key) => {
    return `${meanings[key]}: ${inner[key]} in place of ${outer[key] ?? 'refuse'}`
  })
  return said.length > 0 ? said.join('; ') : undefined
}

function checkStep(plan: ValidationPlan, { check, limits }: Tools, find: FindMedia) {
  const { undeclaredQuery, securityNames, querystring } = plan
  const options = { check, undeclaredQuery, securityNames, querystring, limits }
  const run = linkParameters(plan.parameters, options)
  const needsBody = plan.body?.required === true
  // A form without fields is an empty body, and not a missing one.
  const mayBeEmpty = plan.body?.media.some(({ reader }) => reader === 'form')
  return (exchange: Exchange) => {
    const { request, pathValues, query } = exchange
    const verdict = run({ pathValues, query, headers: request.headers })
    const { bodyLength } = request
    if (needsBody && (bodyLength === 'none' || (bodyLength === 0 && !mayBeEmpty))) {
      return mismatch([...(verdict.details ?? []), noBody].slice(0, limits.detailsMax))
    }
    if (verdict.details !== undefined) return mismatch(verdict.details)
    exchange.query = verdict.query
    return hasContent(bodyLength) ? objection(find, request.headers) : undefined
  }
}

const hasContent = (length: BodyLength): boolean => length !== 'none' && length !== 0

/** What the head tells of a body that is to be watched. */
function objection(find: FindMedia, headers: HeaderList): Verdict {
  const contentType = headerValue(headers, 'content-type')
  const media = find(contentType)
  if (media?.how !== 'watched') return undefined
  if (headerValue(headers, 'content-encoding') !== undefined) return encoded
  const details = media.objection(contentType!)
  return details === undefined ? undefined : mismatch(details)
}

const encoded = refuse('UNSUPPORTED_MEDIA_TYPE', 'A content coding is not taken here.')

function watchStep(find: FindMedia, required: boolean) {
  const ofNothing = required ? [noBody] : undefined
  return ({ request }: Exchange): BodyWatch | undefined => {
    const contentType = headerValue(request.headers, 'content-type')
    const media = find(contentType)
    if (media?.how !== 'watched') return undefined
    return watchedBody(media.begin(contentType!), request.bodyLength, mismatch, ofNothing)
  }
}

const noBody = detailOf('body', '', 'required')

function contentStep(body: BodyPlan, { check, limits }: Tools) {
  const run = linkBody(body, { check, limits })
  return (exchange: Exchange) => {
    const { headers, bodyLength } = exchange.request
    const bytes = exchange.body ?? (bodyLength === 'none' ? undefined : empty)
    const details = run(headerValue(headers, 'content-type'), bytes)
    return details === undefined ? undefined : mismatch(details)
  }
}

const empty = new Uint8Array(0)

/** One breach is said in the message itself; several are counted. */
function mismatch(details: readonly Detail[]) {
  const [first] = details
  const message =
    details.length === 1 && first !== undefined
      ? `The request does not match the contract: ${nameOf(first)} ${first.message}.`
      : `The request does not match the contract in ${details.length} places.`
  return refuse('INVALID_INPUT', message, { details })
}

const nameOf = ({ in: place, field }: Detail): string => {
  if (field === '') return `the ${place}`
  return place === 'body' ? `'${field}' in the body` : `${place} parameter '${field}'`
}
