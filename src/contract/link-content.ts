// A parameter that carries a text of some media type, as the data plane reads it: JSON is held
// against its schema as a body would be, and what is wrong with it is said in the same words.
import type { Limits } from '../base.ts'
import { type Check, readJson } from '../schema.ts'
import { detailOf } from './issues.ts'
import { type Judge, linkJudge, schemaDetails, withEscapes } from './judge.ts'
import { isJson } from './media.ts'
import type { ParameterPlan } from './operation.ts'
import type { Raw } from './styles.ts'
import { type Decode, waysOf } from './ways.ts'

export function linkContent(
  plan: ParameterPlan,
  decode: Decode,
  check: Check | undefined,
  limits: Pick<Limits, 'jsonDepthMax' | 'jsonValuesMax'>,
): Judge<Raw> {
  const { in: place, name } = plan
  if (!isJson(plan.contentType ?? '')) {
    const asItIs = { name, style: 'simple', explode: false, shape: plan.shape } as const
    return linkJudge(place, name, waysOf(asItIs, decode), check)
  }
  const bounds = { depthMax: limits.jsonDepthMax, valuesMax: limits.jsonValuesMax }
  return withEscapes(place, name, (raw, detailsMax) => {
    if (typeof raw !== 'string') return [detailOf(place, name, 'repeated')]
    const read = readJson(new TextEncoder().encode(decode(raw)), bounds)
    if ('problem' in read) return [{ in: place, field: name, ...read.problem }]
    if (check === undefined || check.valid(read.value)) return undefined
    return schemaDetails(place, name, check, read.value, detailsMax)
  })
}
