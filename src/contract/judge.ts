// Finds the reading of a parameter that its schema accepts, else says what is wrong with the first.
import type { Detail } from '../base.ts'
import type { Check } from '../schema.ts'
import { unfit } from './convert.ts'
import { detailOf } from './issues.ts'
import type { ParameterIn } from './operation.ts'
import type { Way } from './ways.ts'

export type Judge<Sent> = (sent: Sent, detailsMax: number) => readonly Detail[] | undefined

export function linkJudge<Sent>(
  place: ParameterIn,
  name: string,
  ways: readonly Way<Sent>[],
  check: Check | undefined,
): Judge<Sent> {
  const judge = (sent: Sent, detailsMax: number) => {
    let first: unknown = unfit
    for (const read of ways) {
      const value = read(sent)
      if (value === unfit) continue
      if (check === undefined || check.valid(value)) return undefined
      if (first === unfit) first = value
    }
    if (first !== unfit && check !== undefined) {
      return schemaDetails(place, name, check, first, detailsMax)
    }
    return [detailOf(place, name, Array.isArray(sent) ? 'repeated' : 'malformed')]
  }
  return withEscapes(place, name, judge)
}

/** Refuses what has a broken escape, which decoding throws of. */
export function withEscapes<Sent>(
  place: ParameterIn,
  name: string,
  judge: Judge<Sent>,
): Judge<Sent> {
  return (sent, detailsMax) => {
    try {
      return judge(sent, detailsMax)
    } catch (thrown) {
      if (thrown instanceof URIError) return [detailOf(place, name, 'invalid_encoding')]
      throw thrown
    }
  }
}

export function schemaDetails(
  place: ParameterIn,
  field: string,
  check: Check,
  value: unknown,
  detailsMax: number,
): Detail[] {
  return check.errors(value, detailsMax).map(({ pointer, issue, message }) => ({
    in: place,
    field,
    issue,
    message: pointer === '' ? message : `${pointer}: ${message}`,
  }))
}

/** Broken rules of a body, each at its JSON Pointer. */
export function bodyDetails(check: Check, value: unknown, detailsMax: number): Detail[] {
  return check
    .errors(value, detailsMax)
    .map(({ pointer, issue, message }) => ({ in: 'body', field: pointer, issue, message }))
}
