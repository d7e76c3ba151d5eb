// The query of a request: one pass sorts its pairs by parameter, then each is judged. What nobody
// declared is refused, dropped or passed.
import type { Detail } from '../base.ts'
import type { Entry } from './convert.ts'
import { detailOf } from './issues.ts'
import { type Judge, linkJudge } from './judge.ts'
import type { Linked, ParameterOptions, ParameterVerdict } from './link-parameters.ts'
import { Haul, linkNames } from './names.ts'
import { eachPair, formDecoded } from './pairs.ts'
import { spreadObject, spreadReadings } from './readings.ts'

interface Slot extends Linked {
  /** For an object whose members travel under names of their own. */
  readonly judgeSpread: Judge<readonly Entry[]> | undefined
}

export type CheckQuery = (query: string | undefined) => ParameterVerdict

export function linkQuery(linked: readonly Linked[], options: ParameterOptions): CheckQuery {
  const slots = linked.map(withSpread)
  const names = linkNames(linked.map(({ plan }) => plan))
  const required = slots.filter(({ plan }) => plan.required)
  const missing = required.map(({ plan }) => detailOf('query', plan.name, 'required'))
  const details = missing.length > 0 ? missing.slice(0, options.limits.detailsMax) : undefined
  const absent: ParameterVerdict = { details, query: undefined }
  return (query) => {
    if (query === undefined) return absent
    const haul = new Haul(names)
    const add = (name: string, value: string, pair: string) => haul.add(name, value, pair)
    if (!eachPair(query, options.limits.pairsMax, add)) {
      return { details: [detailOf('query', '', 'too_many_pairs')], query }
    }
    return verdictOf(query, haul, slots, options)
  }
}

function withSpread(linked: Linked): Slot {
  const { plan, check } = linked
  const object = plan.contentType === undefined ? spreadObject(plan) : undefined
  const readings = object && spreadReadings(object, formDecoded)
  return { ...linked, judgeSpread: readings && linkJudge('query', plan.name, readings, check) }
}

function verdictOf(
  query: string,
  haul: Haul,
  slots: readonly Slot[],
  { undeclaredQuery, securityNames, limits }: ParameterOptions,
): ParameterVerdict {
  let details: Detail[] | undefined
  for (let i = 0; i < slots.length; i++) {
    const found = judgeSlot(slots[i]!, haul, i, limits.detailsMax)
    if (found !== undefined) details = [...(details ?? []), ...found]
  }
  let sent = query
  const strays = haul.strays.filter(({ name }) => !securityNames.includes(name))
  if (strays.length > 0 && undeclaredQuery === 'drop') {
    sent = without(query, new Set(strays.map(({ pair }) => pair)))
  } else if (strays.length > 0 && undeclaredQuery === 'refuse') {
    const undeclared = strays.map(({ name }) => detailOf('query', name, 'undeclared'))
    details = [...(details ?? []), ...undeclared]
  }
  return { details: details?.slice(0, limits.detailsMax), query: sent }
}

const without = (query: string, pairs: ReadonlySet<string>): string =>
  query
    .split('&')
    .filter((pair) => !pairs.has(pair))
    .join('&')

function judgeSlot(
  { plan, judge, judgeSpread }: Slot,
  haul: Haul,
  at: number,
  detailsMax: number,
): readonly Detail[] | undefined {
  const raw = haul.raws[at]
  const entries = haul.entries[at]
  if (raw !== undefined && entries !== undefined) return [detailOf('query', plan.name, 'malformed')]
  if (raw !== undefined) return judge(raw, detailsMax)
  if (entries !== undefined) return judgeSpread!(entries, detailsMax)
  return plan.required ? [detailOf('query', plan.name, 'required')] : undefined
}
