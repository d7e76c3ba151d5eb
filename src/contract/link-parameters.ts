// The data plane's half of parameters: linked once from plans, then run on every request. Nothing
// is allocated for an operation that declares none, and little for the others.
import type { Detail } from '../base.ts'
import { type HeaderList, headerValues } from '../http.ts'
import type { Check } from '../schema.ts'
import { detailOf } from './issues.ts'
import { linkJudge } from './judge.ts'
import type { BodyOptions } from './link-media.ts'
import { linkContent } from './link-content.ts'
import type { ParameterIn, ParameterPlan, QuerystringPlan } from './operation.ts'
import { eachCookie, formDecoded, percentDecoded } from './pairs.ts'
import { linkQuery } from './link-query.ts'
import { linkQuerystring } from './link-querystring.ts'
import { Haul, linkNames } from './names.ts'
import { alternatives, type Decode, waysOf } from './ways.ts'
import { judgeSlots, linkSlot, type Slot } from './slots.ts'
import type { Raw } from './styles.ts'

export interface ParameterOptions {
  readonly check: (schemaId: number) => Check
  readonly undeclaredQuery: 'refuse' | 'drop' | 'pass'
  /** Query names that security schemes use: declared, though not as parameters. */
  readonly securityNames: readonly string[]
  /** Where the whole query is one value. */
  readonly querystring?: QuerystringPlan | undefined
  readonly limits: BodyOptions['limits']
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
  const { querystring } = options
  const checkQuery =
    querystring === undefined
      ? linkQuery(inPlace('query'), options)
      : linkQuerystring(querystring, options)
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

function decoderOf({ in: place, style, contentType }: ParameterPlan): Decode {
  if (place !== 'cookie') return decoders[place]
  if (style === 'cookie') return (text) => text
  return contentType === undefined ? decoders.cookie : decodedIfEscaped
}

/** A cookie's content needs escapes only where it has characters that no cookie may have. */
function decodedIfEscaped(text: string): string {
  try {
    return percentDecoded(text)
  } catch {
    return text
  }
}

function linkParameter(plan: ParameterPlan, options: ParameterOptions): Slot {
  const check = plan.schema === undefined ? undefined : options.check(plan.schema)
  const decode = decoderOf(plan)
  const judge =
    plan.contentType === undefined
      ? linkJudge(plan.in, plan.name, waysOf(plan, decode), check)
      : linkContent(plan, decode, check, options.limits)
  return linkSlot(plan, judge, decode, check)
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
