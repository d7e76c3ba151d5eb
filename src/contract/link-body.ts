// The data plane's half of request bodies: bytes to a value by media type, and the value held
// against its schema. A type that is not read here streams, and never comes this way.
import type { Detail, Limits } from '../base.ts'
import { detached } from '../http.ts'
import { type Check, readJson } from '../schema.ts'
import { linkForm } from './link-form.ts'
import { detailOf } from './issues.ts'
import { bodyDetails } from './judge.ts'
import { isJson, mediaFor, mediaRange, readsOnlyJson } from './media.ts'
import type { BodyPlan, MediaPlan } from './operation.ts'

export interface BodyOptions {
  readonly check: (schemaId: number) => Check
  readonly limits: Pick<Limits, 'pairsMax' | 'detailsMax' | 'jsonDepthMax' | 'jsonValuesMax'>
}

/** `bytes` are undefined where the request has no body, not even an empty one. */
export type CheckBody = (
  contentType: string | undefined,
  bytes: Uint8Array | undefined,
) => readonly Detail[] | undefined

type Read = (bytes: Uint8Array) => readonly Detail[] | undefined

interface LinkedMedia {
  readonly range: string
  readonly read: Read
  readonly onlyJson: boolean
  readonly isForm: boolean
}

export function linkBody(plan: BodyPlan, options: BodyOptions): CheckBody {
  const media = plan.media.map((one) => linkMedia(one, options))
  const missing = plan.required ? [detailOf('body', '', 'required')] : undefined
  const undeclared = [detailOf('body', '', 'media_type')]
  // Most requests say what the one before said.
  let last = readType('', media)
  return (contentType, bytes) => {
    if (bytes === undefined) return missing
    if (contentType !== last.contentType) last = readType(contentType, media)
    const { type, fitting } = last
    // A form without fields has no bytes. Where a body may be left out, it counts as left out.
    if (bytes.length === 0 && !(plan.required && fitting?.isForm === true)) return missing
    if (fitting === undefined) return undeclared
    return fitting.onlyJson && !isJson(type!) ? undefined : fitting.read(bytes)
  }
}

function readType(text = '', media: readonly LinkedMedia[]) {
  const contentType = detached(text)
  const type = mediaRange(contentType)
  const fitting = type === undefined ? undefined : mediaFor(media, type)
  return { contentType, type, fitting }
}

function linkMedia(plan: MediaPlan, options: BodyOptions): LinkedMedia {
  const onlyJson = plan.reader === 'json' && readsOnlyJson(plan.range)
  const isForm = plan.reader === 'form'
  return { range: plan.range, read: readerFor(plan, options), onlyJson, isForm }
}

function readerFor(plan: MediaPlan, options: BodyOptions): Read {
  if (plan.reader === 'other') return () => undefined
  const check = plan.schema === undefined ? undefined : options.check(plan.schema)
  return plan.reader === 'json' ? linkJson(check, options) : linkForm(plan, check, options)
}

function linkJson(check: Check | undefined, { limits }: BodyOptions): Read {
  const bounds = { depthMax: limits.jsonDepthMax, valuesMax: limits.jsonValuesMax }
  return (bytes) => {
    const read = readJson(bytes, bounds)
    if ('problem' in read) {
      const { issue, message } = read.problem
      return [{ in: 'body', field: '', issue, message }]
    }
    if (check === undefined || check.valid(read.value)) return undefined
    return bodyDetails(check, read.value, limits.detailsMax)
  }
}
