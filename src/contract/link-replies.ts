// The data plane's half of replies: which of the declared ones a status means, what is wrong with
// its header fields, and how its body is judged.
import type { Detail } from '../base.ts'
import type { HeaderList } from '../http.ts'
import { type BodyOptions, type FindMedia, linkMedia } from './link-media.ts'
import { linkParameters } from './link-parameters.ts'
import type { ReplyPlan } from './operation.ts'

export interface LinkedReply {
  readonly headers: (headers: HeaderList) => readonly Detail[] | undefined
  /** Whether the contract declares any content. */
  readonly hasContent: boolean
  readonly find: FindMedia
}

/** Undefined for a status that is not declared. Each is linked when it first comes. */
export function linkReplies(
  plans: readonly ReplyPlan[],
  options: BodyOptions,
): (status: number) => LinkedReply | undefined {
  const byStatus = new Map(plans.map((plan) => [plan.status.toUpperCase(), plan]))
  const linked = new Map<ReplyPlan, LinkedReply>()
  return (status) => {
    const plan =
      byStatus.get(String(status)) ??
      byStatus.get(`${Math.floor(status / 100)}XX`) ??
      byStatus.get('DEFAULT')
    if (plan === undefined) return undefined
    const known = linked.get(plan) ?? linkReply(plan, options)
    linked.set(plan, known)
    return known
  }
}

function linkReply({ headers, media }: ReplyPlan, options: BodyOptions): LinkedReply {
  const fields = linkParameters(headers, {
    ...options,
    undeclaredQuery: 'pass',
    securityNames: [],
  })
  return {
    headers: (list) => fields({ pathValues: [], query: undefined, headers: list }).details,
    hasContent: media.length > 0,
    find: linkMedia(media, options),
  }
}
