// Requests for every operation of a contract: valid ones that must go through, and ones that break
// exactly one rule and must be refused with its name.
import { seededRandom } from '../../src/base.ts'
import type { RawDocument, RawOperation, RawParameter, RawSchema } from './document.ts'
import {
  type Body,
  type Draft,
  draftOf,
  parameterSchema,
  type RawRequest,
  requestOf,
  type Tools,
} from './draft.ts'
import { spoilForm, spoilJson, spoilText, type Spoilt } from './spoil.ts'
import { makeValidator } from './validator.ts'

export interface ValidCase {
  readonly operation: RawOperation
  readonly says: string
  readonly request: RawRequest
}

export interface InvalidCase extends ValidCase {
  readonly expected: Expected
}

/** The refusal: its status and, for 400, where the broken rule is and the names it may be given. */
type Expected =
  | { readonly status: 400; readonly in: Place; readonly fields: readonly string[] }
  | { readonly status: 401 }

type Place = RawParameter['in'] | 'body'

export interface Cases {
  readonly valid: readonly ValidCase[]
  readonly invalid: readonly InvalidCase[]
}

export function generateCases(document: RawDocument, seed = 1): Cases {
  const tools = { document, valid: makeValidator(document), random: seededRandom(seed) }
  const all = document.operations.map((operation) => casesOf(operation, tools))
  return {
    valid: all.flatMap((one) => one.valid),
    invalid: all.flatMap((one) => one.invalid),
  }
}

/** Of each media type a minimal and a typical request, and what spoils the typical ones. */
function casesOf(operation: RawOperation, tools: Tools): Cases {
  const name = `${operation.method} ${operation.template}`
  const types = operation.bodies.size === 0 ? [undefined] : [...operation.bodies.keys()]
  const minimal = types.map((type) => draftOf(operation, type, 'minimal', tools))
  const typical = types.map((type) => draftOf(operation, type, 'typical', tools))
  const spoilt = [
    ...typical.flatMap((draft) => withSpoiltBodies(draft, tools)),
    ...withSpoiltHead(typical[0]!, tools),
  ]
  const validCase = (extent: string) => (draft: Draft, i: number) => {
    const says = [name, extent, types[i] ?? ''].join(' ').trim()
    return { operation, says, request: requestOf(draft) }
  }
  return {
    valid: [...minimal.map(validCase('minimal')), ...typical.map(validCase('typical'))],
    invalid: spoilt.map(({ says, draft, expected }) => {
      return { operation, says: `${name}: ${says}`, request: requestOf(draft), expected }
    }),
  }
}

interface SpoiltDraft {
  readonly says: string
  readonly draft: Draft
  readonly expected: Expected
}

function withSpoiltBodies(draft: Draft, tools: Tools): SpoiltDraft[] {
  const { operation, body } = draft
  const spoilt = spoiltBodies(operation, body, tools).map(({ says, value, fields }) => {
    const expected = { status: 400, in: 'body', fields } as const
    return { says, draft: { ...draft, body: { ...body, value } as Body }, expected }
  })
  if (!operation.bodyRequired) return spoilt
  const expected = { status: 400, in: 'body', fields: [''] } as const
  const bodiless = { ...draft, body: { kind: 'none' } } as const
  return [...spoilt, { says: 'the body is missing', draft: bodiless, expected }]
}

function withSpoiltHead(draft: Draft, tools: Tools): SpoiltDraft[] {
  const { operation } = draft
  const undeclared = {
    says: 'a query parameter is not declared',
    draft: { ...draft, extraQuery: 'undeclared_7=1' },
    expected: { status: 400, in: 'query', fields: ['undeclared_7'] },
  } as const
  const nobody = {
    says: 'no credential',
    draft: { ...draft, credentials: false },
    expected: { status: 401 },
  } as const
  const isOpen = operation.security.some((schemes) => schemes.length === 0)
  return [
    ...operation.parameters.flatMap((parameter) => withWrongParameter(draft, parameter, tools)),
    ...operation.parameters.flatMap((parameter) => withoutParameter(draft, parameter)),
    undeclared,
    ...(operation.security.length > 0 && !isOpen ? [nobody] : []),
  ]
}

function withWrongParameter(draft: Draft, parameter: RawParameter, tools: Tools): SpoiltDraft[] {
  const text = spoilText(parameter, parameterSchema(parameter), tools)
  if (text === undefined) return []
  const values = new Map([...draft.values, [parameter, text] as const])
  return [
    {
      says: `${parameter.in} ${parameter.name} is not as declared`,
      draft: { ...draft, values, texts: new Map([[parameter, text]]) },
      expected: { status: 400, in: parameter.in, fields: [parameter.name] },
    },
  ]
}

function withoutParameter(draft: Draft, parameter: RawParameter): SpoiltDraft[] {
  if (!parameter.required || parameter.in === 'path') return []
  return [
    {
      says: `${parameter.in} ${parameter.name} is missing`,
      draft: { ...draft, values: new Map([...draft.values].filter(([one]) => one !== parameter)) },
      expected: { status: 400, in: parameter.in, fields: [parameter.name] },
    },
  ]
}

type SpoiltBody = Omit<Spoilt, 'field'> & { readonly fields: readonly string[] }

function spoiltBodies(operation: RawOperation, body: Body, tools: Tools): SpoiltBody[] {
  if (body.kind !== 'json' && body.kind !== 'form') return []
  const schema = operation.bodies.get(body.type)?.schema ?? {}
  const valid = (value: unknown) => tools.valid(schema, value)
  const all =
    body.kind === 'json'
      ? spoilJson(body.value, valid)
      : spoilForm(body.value as Record<string, unknown>, valid)
  // Where none of several schemas fits, the refusal may name what had the choice.
  const isChoice = hasChoice(schema, tools.document)
  return all.map(({ says, value, field }) => {
    return { says: `${body.type} ${says}`, value, fields: isChoice ? [field, ''] : [field] }
  })
}

function hasChoice(schema: RawSchema, document: RawDocument): boolean {
  const { anyOf, oneOf, allOf = [] } = document.resolve(schema)
  return (anyOf ?? oneOf) !== undefined || allOf.some((part) => hasChoice(part, document))
}
