// Parameters ready to judge what was sent for them: under their own name, or, for spread objects,
// under the names of their members.
import type { Detail } from '../base.ts'
import type { Check } from '../schema.ts'
import type { Entry } from './convert.ts'
import { detailOf } from './issues.ts'
import { type Judge, linkJudge } from './judge.ts'
import type { ParameterPlan } from './operation.ts'
import type { Haul } from './names.ts'
import { type Decode, spreadObject, spreadWays } from './ways.ts'
import type { Raw } from './styles.ts'

export interface Slot {
  readonly plan: ParameterPlan
  readonly judge: Judge<Raw>
  readonly judgeSpread: Judge<readonly Entry[]> | undefined
}

export function linkSlot(
  plan: ParameterPlan,
  judge: Judge<Raw>,
  decode: Decode,
  check: Check | undefined,
): Slot {
  const object = plan.contentType === undefined ? spreadObject(plan) : undefined
  const spread = object && spreadWays(object, decode)
  return {
    plan,
    judge: plan.allowEmptyValue ? (raw, max) => (raw === '' ? undefined : judge(raw, max)) : judge,
    judgeSpread: spread && linkJudge(plan.in, plan.name, spread, check),
  }
}

/** Undefined where nothing is wrong with any of them. */
export function judgeSlots(
  slots: readonly Slot[],
  haul: Haul,
  detailsMax: number,
): readonly Detail[] | undefined {
  let details: readonly Detail[] | undefined
  for (let i = 0; i < slots.length; i++) {
    const found = judgeSlot(slots[i]!, haul.raws[i], haul.entries[i], detailsMax)
    if (found !== undefined) details = details === undefined ? found : [...details, ...found]
  }
  return details
}

function judgeSlot(
  { plan, judge, judgeSpread }: Slot,
  raw: Raw | undefined,
  entries: readonly Entry[] | undefined,
  detailsMax: number,
): readonly Detail[] | undefined {
  if (raw !== undefined && entries !== undefined) return [detailOf(plan.in, plan.name, 'malformed')]
  if (raw !== undefined) return judge(raw, detailsMax)
  if (entries !== undefined) return judgeSpread!(entries, detailsMax)
  return plan.required ? [detailOf(plan.in, plan.name, 'required')] : undefined
}
