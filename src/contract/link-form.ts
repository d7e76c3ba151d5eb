// Bodies of application/x-www-form-urlencoded: fields to an object, and the object held against
// the schema of the body.
import type { Detail } from '../base.ts'
import type { Check } from '../schema.ts'
import { detailOf } from './issues.ts'
import { bodyDetails } from './judge.ts'
import type { BodyOptions } from './link-media.ts'
import { linkFields } from './link-fields.ts'
import type { MediaPlan } from './operation.ts'
import { eachPair, formDecoded } from './pairs.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function linkForm(
  plan: MediaPlan,
  check: Check | undefined,
  { limits }: BodyOptions,
): (bytes: Uint8Array) => readonly Detail[] | undefined {
  const fields = linkFields(plan, formDecoded)
  return (bytes) => {
    const haul = fields.haul()
    const text = textOf(bytes)
    if (text === undefined) return [detailOf('body', '', 'invalid_encoding')]
    const add = (name: string, value: string, pair: string) => haul.add(name, value, pair)
    if (!eachPair(text, limits.pairsMax, add)) return [detailOf('body', '', 'too_many_pairs')]
    let first: Record<string, unknown> | undefined
    for (let way = 0; way < fields.ways; way++) {
      const built = fields.build(haul, way)
      if ('detail' in built) return [built.detail]
      if (check === undefined || check.valid(built.value)) return undefined
      first ??= built.value
    }
    return bodyDetails(check!, first, limits.detailsMax)
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
