// validation: the request must match the contract. Parameters are checked as soon as the head is
// there, the body once it is held whole; a body that streams is left to its service.
import { type Detail, refuse } from '../base.ts'
import {
  type BodyPlan,
  detailOf,
  linkBody,
  linkParameters,
  type ParameterPlan,
  type QuerystringPlan,
} from '../contract.ts'
import { type Exchange, headerValue } from '../http.ts'
import { type Audience, definePolicy, type Site, type Tools, type Zod } from './policy.ts'

export interface ValidationConfig {
  readonly undeclaredQuery?: 'refuse' | 'drop' | 'pass' | undefined
}

export interface ValidationPlan {
  readonly undeclaredQuery: 'refuse' | 'drop' | 'pass'
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
    }),
  defaultFor: (audience) => ({ undeclaredQuery: undeclaredFor(audience) }),
  compile,
  looser,
  link: (plan, tools) => ({
    check: checkStep(plan, tools),
    ...(plan.body === undefined ? {} : { content: contentStep(plan.body, tools) }),
  }),
})

const undeclaredFor = (audience: Audience) => (audience === 'internal' ? 'pass' : 'refuse')

function compile(config: ValidationConfig, site: Site): ValidationPlan {
  const { parameters, querystring, body, security } = site.operation
  const keys = security.flat().filter((use) => use.type === 'apiKey' && use.in === 'query')
  return {
    undeclaredQuery: config.undeclaredQuery ?? undeclaredFor(site.audience),
    parameters,
    ...(querystring && { querystring }),
    body,
    securityNames: [...new Set(keys.map((use) => use.name!))],
  }
}

const strictness = ['pass', 'drop', 'refuse']

function looser(outer: ValidationConfig, inner: ValidationConfig): string | undefined {
  const rank = (config: ValidationConfig) => strictness.indexOf(config.undeclaredQuery ?? 'refuse')
  if (inner.undeclaredQuery === undefined || rank(inner) >= rank(outer)) return undefined
  return `undeclared query parameters: ${inner.undeclaredQuery} in place of ${outer.undeclaredQuery}`
}

function checkStep(plan: ValidationPlan, { check, limits }: Tools) {
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
    return undefined
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
