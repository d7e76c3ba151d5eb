// The data plane's half of bodies, requests' and replies': how a body of each declared media type
// is judged. Some are held whole, some are watched as they stream by, the others nobody reads.
import type { Detail, Limits } from '../base.ts'
import { detached } from '../http.ts'
import { type Check, readJson } from '../schema.ts'
import type { ContentWatch } from './content-watch.ts'
import { linkForm } from './link-form.ts'
import { linkItems } from './link-items.ts'
import { bodyDetails } from './judge.ts'
import { linkMultipart } from './link-multipart.ts'
import { linkText, watchText } from './link-text.ts'
import { isHeld, isJson, mediaFor, mediaRange, readsOnlyJson } from './media.ts'
import type { MediaPlan } from './operation.ts'

export interface BodyOptions {
  readonly check: (schemaId: number) => Check
  readonly limits: BodyLimits
}

type BodyLimits = Pick<
  Limits,
  | 'pairsMax'
  | 'detailsMax'
  | 'jsonDepthMax'
  | 'jsonValuesMax'
  | 'checkedBodyBytesMax'
  | 'partsMax'
  | 'partHeadBytesMax'
  | 'fieldBytesMax'
  | 'itemBytesMax'
>

export type LinkedMedia = { readonly isForm: boolean } & (
  | { readonly how: 'unread' }
  | {
      readonly how: 'held'
      readonly read: (bytes: Uint8Array) => readonly Detail[] | undefined
    }
  | {
      readonly how: 'watched'
      /** What the media type tells already. */
      readonly objection: (contentType: string) => readonly Detail[] | undefined
      readonly begin: (contentType: string) => ContentWatch
    }
)

/** How a body of that `Content-Type` is judged; undefined: the type is not declared. */
export type FindMedia = (contentType: string | undefined) => LinkedMedia | undefined

export function linkMedia(plans: readonly MediaPlan[], options: BodyOptions): FindMedia {
  const media = plans.map((plan) => ({ range: plan.range, linked: linkOne(plan, options) }))
  const find = (contentType: string) => {
    const type = mediaRange(contentType)
    const fitting = type === undefined ? undefined : mediaFor(media, type)
    if (fitting === undefined) return undefined
    return readsOnlyJson(fitting.range) && !isJson(type!) ? unread : fitting.linked
  }
  // Most requests say what the one before said.
  let last = { contentType: '', found: find('') }
  return (contentType = '') => {
    if (contentType !== last.contentType)
      last = { contentType: detached(contentType), found: find(contentType) }
    return last.found
  }
}

const unread: LinkedMedia = { how: 'unread', isForm: false }

function linkOne(plan: MediaPlan, options: BodyOptions): LinkedMedia {
  const isForm = plan.reader === 'form'
  if (isHeld(plan)) return { how: 'held', isForm, read: linkHeld(plan, options) }
  if (plan.reader === 'other') return unread
  return { how: 'watched', isForm, ...linkWatched(plan, options) }
}

function linkHeld(plan: MediaPlan, options: BodyOptions) {
  const check = plan.schema === undefined ? undefined : options.check(plan.schema)
  if (plan.reader === 'form') return linkForm(plan, check, options)
  if (plan.reader === 'text') return linkText(plan, check!, options)
  return linkJson(check, plan.items?.schema, options)
}

const noObjection = () => undefined

function linkWatched(plan: MediaPlan, options: BodyOptions) {
  if (plan.reader === 'items')
    return { objection: noObjection, begin: linkItems(plan.items!, options) }
  if (plan.reader === 'text') return { objection: noObjection, begin: watchText }
  const check = plan.schema === undefined ? undefined : options.check(plan.schema)
  return linkMultipart(plan, check, options)
}

function linkJson(check: Check | undefined, items: number | undefined, options: BodyOptions) {
  const { limits } = options
  const bounds = { depthMax: limits.jsonDepthMax, valuesMax: limits.jsonValuesMax }
  const ofItem = items === undefined ? undefined : options.check(items)
  return (bytes: Uint8Array): readonly Detail[] | undefined => {
    const read = readJson(bytes, bounds)
    if ('problem' in read) {
      const { issue, message } = read.problem
      return [{ in: 'body', field: '', issue, message }]
    }
    if (check !== undefined && !check.valid(read.value))
      return bodyDetails(check, read.value, limits.detailsMax)
    return ofItem && judgeItems(ofItem, read.value, limits.detailsMax)
  }
}

/** The first broken item of an array; what is no array has one item, itself. */
function judgeItems(check: Check, value: unknown, max: number): readonly Detail[] | undefined {
  if (!Array.isArray(value)) return check.valid(value) ? undefined : bodyDetails(check, value, max)
  const at = value.findIndex((item) => !check.valid(item))
  if (at < 0) return undefined
  const details = bodyDetails(check, value[at], max)
  return details.map((detail) => ({ ...detail, field: `/${at}${detail.field}` }))
}
