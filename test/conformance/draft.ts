// Requests as values, and what becomes of them on the wire: target, header fields, body.
import type { RawOperation, RawParameter, RawSchema } from './document.ts'
import {
  multipartBoundary,
  serialiseForm,
  serialiseMultipart,
  serialiseParameter,
} from './serialise.ts'
import type { Validator } from './validator.ts'
import { flatten, makeOptionalValue, makeValue, type Wish } from './value.ts'

export interface RawRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer | undefined
}

export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'json' | 'form'; readonly type: string; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly type: string; readonly bytes: Buffer }

/** A request as values; `texts` stand in for a parameter's serialised value. */
export interface Draft {
  readonly operation: RawOperation
  readonly values: ReadonlyMap<RawParameter, unknown>
  readonly texts?: ReadonlyMap<RawParameter, string>
  readonly body: Body
  readonly extraQuery?: string
  readonly credentials?: false
}

export type Tools = Pick<Wish, 'document' | 'valid' | 'random'>

export type Extent = Wish['extent']

export function draftOf(
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

export function requestOf(draft: Draft): RawRequest {
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
