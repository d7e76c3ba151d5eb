// Requests for every operation of a contract: valid ones that must go through, and ones that break
// exactly one rule and must be refused with its name.
import { seededRandom } from '../../src/base.ts'
import type { RawDocument, RawOperation, RawParameter, RawSchema } from './document.ts'
import {
  multipartBoundary,
  serialiseForm,
  serialiseMultipart,
  serialiseParameter,
} from './serialise.ts'
import { spoilForm, spoilJson, spoilText, type Spoilt } from './spoil.ts'
import { makeValidator, type Validator } from './validator.ts'
import { flatten, makeOptionalValue, makeValue, type Wish } from './value.ts'

export interface RawRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer | undefined
}

export interface ValidCase {
  readonly operation: RawOperation
  readonly says: string
  readonly request: RawRequest
}

export interface InvalidCase extends ValidCase {
  readonly status: 400 | 401
  /** Where the broken rule is; undefined for a missing credential. */
  readonly in?: 'path' | 'query' | 'header' | 'cookie' | 'body'
  /** Names that the refusal may give the place. */
  readonly fields: readonly string[]
}

export interface Cases {
  readonly valid: readonly ValidCase[]
  readonly invalid: readonly InvalidCase[]
}

type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'json' | 'form'; readonly type: string; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly type: string; readonly bytes: Buffer }

/** A request as values; `texts` stand in for a parameter's serialised value. */
interface Draft {
  readonly operation: RawOperation
  readonly values: ReadonlyMap<RawParameter, unknown>
  readonly texts?: ReadonlyMap<RawParameter, string>
  readonly body: Body
  readonly extraQuery?: string
  readonly credentials?: false
}

type Tools = Pick<Wish, 'document' | 'valid' | 'random'>

type Extent = Wish['extent']

export function generateCases(document: RawDocument, seed = 1): Cases {
  const tools = { document, valid: makeValidator(document), random: seededRandom(seed) }
  const all = document.operations.map((operation) => casesOf(operation, tools))
  return {
    valid: all.flatMap((one) => one.valid),
    invalid: all.flatMap((one) => one.invalid),
  }
}

function casesOf(operation: RawOperation, tools: Tools): Cases {
  const types = operation.bodies.size === 0 ? [undefined] : [...operation.bodies.keys()]
  const drafts = types.flatMap((type) =>
    (['minimal', 'typical'] as const).map((extent) => ({
      says: `${operation.method} ${operation.template} ${extent} ${type ?? ''}`.trim(),
      draft: draftOf(operation, type, extent, tools),
    })),
  )
  const typical = drafts.find(({ says }) => says.includes(' typical'))!.draft
  return {
    valid: drafts.map(({ says, draft }) => ({ operation, says, request: requestOf(draft) })),
    invalid: invalidCases(operation, typical, tools),
  }
}

function draftOf(
  operation: RawOperation,
  type: string | undefined,
  extent: Extent,
  tools: Tools,
): Draft {
  const values = new Map<RawParameter, unknown>()
  for (const parameter of operation.parameters) {
    if (!parameter.required && extent === 'minimal') continue
    const make = parameter.required ? makeValue : makeOptionalValue
    const valid: Validator = (schema, one) =>
      tools.valid(schema, one) && (parameter.in !== 'header' || isHeaderText(String(one)))
    const value = make(parameterSchema(parameter), { ...tools, valid, extent })
    if (value !== undefined) values.set(parameter, value)
  }
  return { operation, values, body: bodyOf(operation, type, extent, tools) }
}

/** What a header can carry as it is: a value's white space at either end is not part of it. */
function isHeaderText(text: string): boolean {
  return /^[!-~]+( [!-~]+)*$/.test(text)
}

export function parameterSchema(parameter: RawParameter): RawSchema {
  return parameter.schema ?? Object.values(parameter.content ?? {})[0]?.schema ?? {}
}

function bodyOf(
  operation: RawOperation,
  type: string | undefined,
  extent: Extent,
  tools: Tools,
): Body {
  if (type === undefined || (extent === 'minimal' && !operation.bodyRequired)) {
    return { kind: 'none' }
  }
  const schema = operation.bodies.get(type)?.schema ?? {}
  if (/[/+]json$/.test(type)) {
    return { kind: 'json', type, value: makeValue(schema, { ...tools, extent }) }
  }
  if (type === 'application/x-www-form-urlencoded') {
    // A form without fields has no bytes: on the wire it is no body.
    const valid: Validator = (one, value) =>
      tools.valid(one, value) && (one !== schema || Object.keys(value as object).length > 0)
    const wish = { ...tools, valid, extent, flat: true }
    const value =
      makeOptionalValue(schema, wish) ?? makeValue(schema, { ...wish, extent: 'typical' })
    return { kind: 'form', type, value }
  }
  if (type === 'multipart/form-data') {
    const fields = makeValue(schema, { ...tools, extent }) as Record<string, unknown>
    const { properties = {} } = flatten(schema, { ...tools, extent })
    const isFile = (name: string) =>
      JSON.stringify(properties[name] ?? {}).includes('"contentEncoding":"binary"')
    const bytes = serialiseMultipart(fields, isFile)
    return { kind: 'bytes', type: `${type}; boundary=${multipartBoundary}`, bytes }
  }
  return { kind: 'bytes', type: type.replace('*', 'octet-stream'), bytes: Buffer.from([0, 255]) }
}

function invalidCases(operation: RawOperation, draft: Draft, tools: Tools): InvalidCase[] {
  const cases: InvalidCase[] = []
  const add = (says: string, changed: Draft, expected: Omit<InvalidCase, keyof ValidCase>) =>
    cases.push({
      operation,
      says: `${operation.method} ${operation.template}: ${says}`,
      request: requestOf(changed),
      ...expected,
    })

  // Where none of several schemas fits, the refusal may name what had the choice.
  const isChoice = hasChoice(bodySchema(operation, draft.body), tools.document)
  for (const spoilt of spoiltBodies(operation, draft.body, tools)) {
    const body = { ...draft.body, value: spoilt.value } as Body
    const fields = isChoice ? [spoilt.field, ''] : [spoilt.field]
    add(spoilt.says, { ...draft, body }, { status: 400, in: 'body', fields })
  }
  for (const parameter of operation.parameters) {
    const text = spoilText(parameter, parameterSchema(parameter), tools)
    if (text === undefined) continue
    const values = new Map([...draft.values, [parameter, text] as const])
    const spoilt = { ...draft, values, texts: new Map([[parameter, text]]) }
    add(`${parameter.in} ${parameter.name} is not as declared`, spoilt, {
      status: 400,
      in: parameter.in,
      fields: [parameter.name],
    })
  }
  for (const parameter of operation.parameters) {
    if (!parameter.required || parameter.in === 'path') continue
    const values = new Map([...draft.values].filter(([one]) => one !== parameter))
    const expected = { status: 400, in: parameter.in, fields: [parameter.name] } as const
    add(`${parameter.in} ${parameter.name} is missing`, { ...draft, values }, expected)
  }
  add(
    'a query parameter is not declared',
    { ...draft, extraQuery: 'undeclared_7=1' },
    {
      status: 400,
      in: 'query',
      fields: ['undeclared_7'],
    },
  )
  if (operation.security.length > 0 && operation.security.every((set) => set.length > 0)) {
    add('no credential', { ...draft, credentials: false }, { status: 401, fields: [] })
  }
  return cases
}

function spoiltBodies(operation: RawOperation, body: Body, tools: Tools): Spoilt[] {
  if (body.kind !== 'json' && body.kind !== 'form') return []
  const schema = bodySchema(operation, body)
  const valid = (value: unknown) => tools.valid(schema, value)
  if (body.kind === 'json') return spoilJson(body.value, valid)
  return spoilForm(body.value as Record<string, unknown>, valid)
}

function bodySchema(operation: RawOperation, body: Body): RawSchema {
  return body.kind === 'none' ? {} : (operation.bodies.get(body.type)?.schema ?? {})
}

function hasChoice(schema: RawSchema, document: RawDocument): boolean {
  const { anyOf, oneOf, allOf = [] } = document.resolve(schema)
  return (anyOf ?? oneOf) !== undefined || allOf.some((part) => hasChoice(part, document))
}

function requestOf(draft: Draft): RawRequest {
  const { operation, body } = draft
  const written = (place: RawParameter['in']) =>
    [...draft.values].flatMap(([parameter, value]) => {
      if (parameter.in !== place) return []
      const spoilt = draft.texts?.get(parameter)
      const text = spoilt ?? serialiseParameter(parameter, value)
      return text === '' && place === 'query' ? [] : [{ parameter, text }]
    })
  const path = written('path').reduce(
    (template, { parameter, text }) => template.replace(`{${parameter.name}}`, text),
    operation.template,
  )
  const [credentialHeaders, credentialQuery] = credentialsOf(draft)
  const query = [
    ...written('query').map(({ text }) => text),
    ...credentialQuery,
    ...(draft.extraQuery === undefined ? [] : [draft.extraQuery]),
  ].join('&')
  const cookies = written('cookie').map(({ text }) => text)
  const bytes = bytesOf(body)
  return {
    method: operation.method,
    target: query === '' ? path : `${path}?${query}`,
    headers: [
      ...written('header').map(({ parameter, text }) => [parameter.name, text] as const),
      ...credentialHeaders,
      ...(cookies.length > 0 ? [['Cookie', cookies.join('; ')] as const] : []),
      ...(body.kind === 'none' ? [] : [['Content-Type', body.type] as const]),
    ],
    body: bytes,
  }
}

function bytesOf(body: Body): Buffer | undefined {
  switch (body.kind) {
    case 'none':
      return undefined
    case 'json':
      return Buffer.from(JSON.stringify(body.value))
    case 'form':
      return Buffer.from(serialiseForm(body.value as Record<string, unknown>))
    case 'bytes':
      return body.bytes
  }
}

/** Credentials of the first alternative, where the contract puts them. */
function credentialsOf({ operation, credentials }: Draft): [[string, string][], string[]] {
  const headers: [string, string][] = []
  const query: string[] = []
  for (const scheme of credentials === false ? [] : (operation.security[0] ?? [])) {
    const name = scheme.name ?? ''
    if (scheme.type === 'apiKey' && scheme.in === 'header') headers.push([name, 'key-of-a-test'])
    else if (scheme.type === 'apiKey' && scheme.in === 'query') query.push(`${name}=key-of-a-test`)
    else if (scheme.type === 'apiKey') headers.push(['Cookie', `${name}=key-of-a-test`])
    else if (scheme.scheme?.toLowerCase() === 'basic') {
      headers.push(['Authorization', `Basic ${btoa('ada:secret')}`])
    } else headers.push(['Authorization', 'Bearer token-of-a-test'])
  }
  return [headers, query]
}
