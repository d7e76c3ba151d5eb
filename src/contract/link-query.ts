// The query of a request: one pass sorts its pairs by parameter, then each is judged. What nobody
// declared is refused, dropped or passed.
import { detailOf } from './issues.ts'
import type { ParameterOptions, ParameterVerdict } from './link-parameters.ts'
import { Haul, linkNames } from './names.ts'
import { eachPair, formDecoded } from './pairs.ts'
import { judgeSlots, type Slot } from './slots.ts'

export type CheckQuery = (query: string | undefined) => ParameterVerdict

export function linkQuery(slots: readonly Slot[], options: ParameterOptions): CheckQuery {
  const names = linkNames(slots.map(({ plan }) => plan))
  const { detailsMax, pairsMax } = options.limits
  const missing = judgeSlots(slots, new Haul(names, formDecoded), detailsMax)
  const absent: ParameterVerdict = { details: missing?.slice(0, detailsMax), query: undefined }
  return (query) => {
    if (query === undefined) return absent
    const haul = new Haul(names, formDecoded)
    const add = (name: string, value: string, pair: string) => haul.add(name, value, pair)
    if (!eachPair(query, pairsMax, add)) {
      return { details: [detailOf('query', '', 'too_many_pairs')], query }
    }
    return verdictOf(query, haul, slots, options)
  }
}

function verdictOf(
  query: string,
  haul: Haul,
  slots: readonly Slot[],
  { undeclaredQuery, securityNames, limits }: ParameterOptions,
): ParameterVerdict {
  const details = judgeSlots(slots, haul, limits.detailsMax)
  const isNobodys = ({ name }: { name: string }) => !securityNames.includes(name)
  const strays = haul.strays.length > 0 ? haul.strays.filter(isNobodys) : haul.strays
  if (strays.length === 0 || undeclaredQuery === 'pass') {
    return { details: details?.slice(0, limits.detailsMax), query }
  }
  if (undeclaredQuery === 'drop') {
    const kept = without(query, new Set(strays.map(({ pair }) => pair)))
    return { details: details?.slice(0, limits.detailsMax), query: kept }
  }
  const strayNames = new Set(strays.map(({ name }) => name))
  const undeclared = [...strayNames].map((name) => detailOf('query', name, 'undeclared'))
  return { details: [...(details ?? []), ...undeclared].slice(0, limits.detailsMax), query }
}

const without = (query: string, pairs: ReadonlySet<string>): string =>
  query
    .split('&')
    .filter((pair) => !pairs.has(pair))
    .join('&')
