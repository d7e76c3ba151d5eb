// The body of a request that is held whole: whether there must be one, of which media type, and
// what is wrong with it.
import type { Detail } from '../base.ts'
import { detailOf } from './issues.ts'
import { type BodyOptions, linkMedia } from './link-media.ts'
import type { BodyPlan } from './operation.ts'

/** `bytes` are undefined where the request has no body, not even an empty one. */
export type CheckBody = (
  contentType: string | undefined,
  bytes: Uint8Array | undefined,
) => readonly Detail[] | undefined

export function linkBody(plan: BodyPlan, options: BodyOptions): CheckBody {
  const find = linkMedia(plan.media, options)
  const missing = plan.required ? [detailOf('body', '', 'required')] : undefined
  const undeclared = [detailOf('body', '', 'media_type')]
  return (contentType, bytes) => {
    if (bytes === undefined) return missing
    const fitting = find(contentType)
    // A form without fields has no bytes. Where a body may be left out, it counts as left out.
    if (bytes.length === 0 && !(plan.required && fitting?.isForm === true)) return missing
    if (fitting === undefined) return undeclared
    return fitting.how === 'held' ? fitting.read(bytes) : undefined
  }
}
