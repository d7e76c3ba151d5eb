// What tests of parameters share: shapes, plans, and a check that remembers what it was given.
import { defaultLimits } from '../base.ts'
import type { Check } from '../schema.ts'
import { linkParameters, type ParameterOptions, type ParameterParts } from './link-parameters.ts'
import type { ParameterIn, ParameterPlan, ScalarType, Shape } from './operation.ts'

export const string: Shape = { kind: 'scalar', types: ['string'] }
export const integer: Shape = { kind: 'scalar', types: ['integer'] }
export const scalar = (...types: ScalarType[]): Shape => ({
  kind: 'scalar',
  types,
})
export const strings: Shape = { kind: 'array', items: string }
export const rgb: Shape = {
  kind: 'object',
  properties: ['R', 'G', 'B'].map((name) => [name, integer] as const),
  rest: undefined,
}

export const plan = (over: Partial<ParameterPlan>): ParameterPlan => ({
  name: 'color',
  in: 'query',
  required: false,
  style: 'form',
  explode: true,
  allowReserved: false,
  allowEmptyValue: false,
  shape: string,
  schema: 0,
  contentType: undefined,
  ...over,
})

/** Accepts everything and remembers what it was given. */
export function spyCheck(accepts: (value: unknown) => boolean = () => true) {
  const seen: unknown[] = []
  const check: Check = {
    valid(value) {
      seen.push(value)
      return accepts(value)
    },
    errors: () => [{ pointer: '', issue: 'invalid_type', message: 'must be something else' }],
  }
  return { seen, check: () => check }
}

export function sent(place: ParameterIn, text: string): ParameterParts {
  const none = { pathValues: [], query: undefined, headers: [] }
  switch (place) {
    case 'path':
      return { ...none, pathValues: [text] }
    case 'query':
      return { ...none, query: text }
    case 'header':
      return { ...none, headers: ['Color', text] }
    case 'cookie':
      return { ...none, headers: ['Cookie', text] }
  }
}

export const options = (
  check: ParameterOptions['check'],
  over: Partial<ParameterOptions> = {},
) => ({
  check,
  undeclaredQuery: 'refuse' as const,
  securityNames: [],
  limits: defaultLimits,
  ...over,
})

export function decode(parameter: ParameterPlan, parts: ParameterParts): unknown {
  const { seen, check } = spyCheck()
  const { details } = linkParameters([parameter], options(check))(parts)
  if (details !== undefined) return details.map(({ field, issue }) => `${field} ${issue}`)
  // Through JSON, for objects of ours have no prototype and deepEqual minds.
  return seen.length === 0 ? 'unseen' : JSON.parse(JSON.stringify(seen[0]))
}
