// The data plane's half of parameters: linked once from plans, then run on every request. Nothing
// is allocated for an operation that declares none, and little for the others.
import type { Detail, Limits } from '../base.ts'
import { type HeaderList, headerValues } from '../http.ts'
import { type Check, readJson } from '../schema.ts'
import { unfit } from './convert.ts'
import { detailOf } from './issues.ts'
import { isJson, mediaRange } from './media.ts'
import type { ParameterIn, ParameterPlan } from './operation.ts'
import { eachCookie, formDecoded, percentDecoded } from './pairs.ts'
import { linkQuery } from './link-query.ts'
import { Haul, linkNames } from './names.ts'
import { alternatives, type Decode, type Way, waysOf } from './ways.ts'
import { judgeSlots, linkSlot, type Slot } from './slots.ts'
import type { Raw } from './styles.ts'

export interface ParameterOptions {
  readonly check: (schemaId: number) => Check
  readonly undeclaredQuery: 'refuse' | 'drop' | 'pass'
  /** Query names that security schemes use: declared, though not as parameters. */
  readonly securityNames: readonly string[]
  readonly limits: Pick<Limits, 'pairsMax' | 'detailsMax' | 'jsonDepthMax' | 'jsonValuesMax'>
}

export interface ParameterParts {
  /** In template order, still percent-encoded. */
  readonly pathValues: readonly string[]
  readonly query: string | undefined
  readonly headers: HeaderList
}

export interface ParameterVerdict {
  /** Undefined where nothing is wrong; never empty. */
  readonly details: readonly Detail[] | undefined
  /** The query to send on: as it came, or without what is undeclared. */
  readonly query: string | undefined
}

export type CheckParameters = (parts: ParameterParts) => ParameterVerdict

export function linkParameters(
  plans: readonly ParameterPlan[],
  options: ParameterOptions,
): CheckParameters {
  const inPlace = (place: ParameterIn) =>
    plans.filter((plan) => plan.in === place).map((plan) => linkParameter(plan, options))
  const inPath = inPlace('path')
  const inHeader = inPlace('header')
  const inCookie = inPlace('cookie')
  const checkQuery = linkQuery(inPlace('query'), options)
  const checkCookies = linkCookies(inCookie, options.limits)
  const { detailsMax } = options.limits

  return ({ pathValues, query, headers }) => {
    const ofPath = checkPath(inPath, pathValues, detailsMax)
    const ofQuery = checkQuery(query)
    const ofHeader = inHeader.length > 0 ? checkHeader(inHeader, headers, detailsMax) : undefined
    const ofCookie = inCookie.length > 0 ? checkCookies(headers) : undefined
    if (!ofPath && !ofHeader && !ofCookie) return ofQuery
    const details = [ofPath, ofQuery.details, ofHeader, ofCookie].flatMap((some) => some ?? [])
    return { details: details.slice(0, detailsMax), query: ofQuery.query }
  }
}

const decoders: Readonly<Record<ParameterIn, Decode>> = {
  path: percentDecoded,
  query: formDecoded,
  // RFC 6570 would escape these too, but a header field carries its value as it is.
  header: (text) => text.trim(),
  cookie: percentDecoded,
}

function linkParameter(plan: ParameterPlan, options: ParameterOptions): Slot {
  const check = plan.schema === undefined ? undefined : options.check(plan.schema)
  const decode = decoders[plan.in]
  const ways =
    plan.contentType === undefined
      ? waysOf(plan, decode)
      : [contentWay(plan.contentType, decode, options)]
  return linkSlot(plan, ways, decode, check)
}

function contentWay(contentType: string, decode: Decode, { limits }: ParameterOptions): Way<Raw> {
  const asJson = isJson(mediaRange(contentType) ?? '')
  const bounds = { depthMax: limits.jsonDepthMax, valuesMax: limits.jsonValuesMax }
  return (raw) => {
    if (typeof raw !== 'string') return unfit
    const text = decode(raw)
    if (!asJson) return text
    const read = readJson(new TextEncoder().encode(text), bounds)
    return 'value' in read ? read.value : unfit
  }
}

type Details = readonly Detail[] | undefined

function checkPath(inPath: readonly Slot[], values: readonly string[], max: number): Details {
  let details: Details
  for (let i = 0; i < inPath.length; i++) {
    const found = inPath[i]!.judge(values[i] ?? '', max)
    if (found !== undefined) details = details ? [...details, ...found] : found
  }
  return details
}

function checkHeader(inHeader: readonly Slot[], headers: HeaderList, max: number): Details {
  const details: Detail[] = []
  for (const { plan, judge } of inHeader) {
    const values = headerValues(headers, plan.name.toLowerCase())
    if (values.length > 0) details.push(...(judge(headerRaw(plan, values), max) ?? []))
    else if (plan.required) details.push(detailOf('header', plan.name, 'required'))
  }
  return details.length > 0 ? details : undefined
}

/** Lines of one name are one list (RFC 9110, section 5.3), where a list is what the schema wants. */
function headerRaw(plan: ParameterPlan, values: readonly string[]): Raw {
  if (values.length === 1) return values[0]!
  const isList = alternatives(plan.shape).some((shape) => shape.kind !== 'scalar')
  return isList ? values.join(',') : values
}

function linkCookies(
  slots: readonly Slot[],
  { detailsMax, pairsMax }: ParameterOptions['limits'],
): (headers: HeaderList) => Details {
  const names = linkNames(slots.map(({ plan }) => plan))
  return (headers) => {
    const haul = new Haul(names, (name) => name)
    const add = (name: string, value: string) => haul.add(name, value, '')
    // HTTP/2 may send one cookie a line (RFC 9113, section 8.2.3).
    const lines = headerValues(headers, 'cookie').join(';')
    if (!eachCookie(lines, pairsMax, add)) return [detailOf('cookie', '', 'too_many_pairs')]
    return judgeSlots(slots, haul, detailsMax)
  }
}
