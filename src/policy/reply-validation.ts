// reply-validation: the reply must match the contract, or the client gets 502 and the record says
// what broke. Status and head are judged before anything is sent; JSON and text are held whole,
// streamed items are judged one by one. What is unread in requests is unread here.
import { type Detail, type Refusal, refuse } from '../base.ts'
import { type LinkedMedia, type LinkedReply, linkReplies, type ReplyPlan } from '../contract.ts'
import {
  type BodyLength,
  type BodyWatch,
  type Exchange,
  headerValue,
  headerValues,
  joinedValue,
  parseMediaType,
  type ReplyCheck,
  type ReplyHead,
  type RequestEdit,
  type VerifyStep,
} from '../http.ts'
import { definePolicy, type Site, type Tools, type Zod } from './policy.ts'
import { watchedBody } from './watched-body.ts'

export interface ReplyValidationConfig {
  readonly headers?: boolean | undefined
}

export interface ReplyValidationPlan {
  readonly headers: boolean
  readonly replies: readonly ReplyPlan[]
}

export const replyValidation = definePolicy<ReplyValidationConfig, ReplyValidationPlan>({
  id: 'reply-validation',
  about: 'Replies must match the contract: status, media type, header fields and body.',
  phase: 'several',
  judgesReplies: true,
  schema: (zod: Zod) =>
    zod.strictObject({
      headers: zod
        .boolean()
        .optional()
        .describe('whether declared header fields are checked too; they are unless this is false'),
    }),
  defaultFor: () => undefined,
  compile,
  looser: (outer, inner) =>
    outer.headers !== false && inner.headers === false
      ? 'declared header fields are no longer checked'
      : undefined,
  link: (plan, tools) => ({
    ...(plan.replies.some(isChecked) ? { request: plainly } : {}),
    verify: verifyStep(plan, tools),
  }),
})

function compile({ headers }: ReplyValidationConfig, site: Site): ReplyValidationPlan | undefined {
  const replies = site.operation.replies()
  return replies.length === 0 ? undefined : { headers: headers !== false, replies }
}

const isChecked = ({ media }: ReplyPlan): boolean => media.some(({ reader }) => reader !== 'other')

/** What is checked must come whole and as it is meant: neither a part nor a coding is asked for. */
const plainly: RequestEdit = { drop: ['accept-encoding', 'range', 'if-range'], set: [] }

type Checked = ReturnType<VerifyStep>

function verifyStep(plan: ReplyValidationPlan, tools: Tools): VerifyStep {
  const find = linkReplies(plan.replies, tools)
  return (exchange, reply) => {
    const declared = find(reply.status)
    if (declared === undefined) return isOthers(reply.status) ? undefined : undeclared(reply.status)
    const details = plan.headers ? declared.headers(reply.headers) : undefined
    if (details !== undefined) return { refusal: broken(reply.status, details) }
    return hasNoContent(exchange, reply.status) ? undefined : judgeContent(declared, reply, tools)
  }
}

/** Server errors are mapped, or passed on, as the audience has it; a 304 is about another reply. */
const isOthers = (status: number): boolean => status >= 500 || status === 304

const hasNoContent = ({ request }: Exchange, status: number): boolean =>
  request.method === 'HEAD' || status === 204 || status === 304

function judgeContent(declared: LinkedReply, reply: ReplyHead, tools: Tools): Checked {
  const { status, headers } = reply
  if (!declared.hasContent) return { check: { how: 'watch', watch: emptiness(status) } }
  const [contentType, another] = headerValues(headers, 'content-type')
  // Whoever reads it might believe either: what was judged by one would be read by the other.
  if (another !== undefined) return invalid(status, 'it has several media types')
  const media = declared.find(contentType)
  if (media === undefined) return invalid(status, 'its media type is not declared')
  if (media.how === 'unread') return undefined
  if (!isUtf8(contentType!)) return invalid(status, 'its charset is not UTF-8')
  const coding = joinedValue(headers, 'content-encoding')
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    // In shadow the client's own wish went upstream.
    return tools.inShadow ? undefined : invalid(status, 'it has a content coding')
  }
  const objection = media.how === 'watched' ? media.objection(contentType!) : undefined
  if (objection !== undefined) return { refusal: broken(status, objection) }
  return { check: contentCheck(media, contentType!, reply, tools) }
}

function contentCheck(
  media: Exclude<LinkedMedia, { how: 'unread' }>,
  contentType: string,
  { status, headers }: ReplyHead,
  { limits }: Tools,
): ReplyCheck {
  if (media.how === 'watched') {
    const length = lengthOf(headerValue(headers, 'content-length'))
    const refusalOf = (details: readonly Detail[]) => broken(status, details)
    return { how: 'watch', watch: watchedBody(media.begin(contentType), length, refusalOf) }
  }
  return {
    how: 'whole',
    bytesMax: limits.checkedReplyBytesMax,
    body(bytes) {
      const details = media.read(bytes)
      return details === undefined ? undefined : broken(status, details)
    },
  }
}

/** The wire has read it already: what is no number did not come this far. */
const lengthOf = (text: string | undefined): BodyLength =>
  text === undefined ? 'streamed' : Number(text)

function isUtf8(contentType: string): boolean {
  const charset = parseMediaType(contentType)?.parameters.get('charset')
  return charset === undefined || /^utf-?8$/i.test(charset)
}

/** For a reply of which no content is declared. */
function emptiness(status: number): BodyWatch {
  return {
    piece: ({ length }) =>
      length === 0 ? undefined : refusalFor(status, 'it has a body, and none is declared'),
    end: () => undefined,
  }
}

const undeclared = (status: number) => invalid(status, 'this status is not declared')

const invalid = (status: number, why: string) => ({ refusal: refusalFor(status, why) })

const refusalFor = (status: number, why: string): Refusal =>
  refuse('UPSTREAM_INVALID_REPLY', undefined, { reason: `reply ${status}: ${why}` })

const placesMax = 5
const placeLengthMax = 100

/** Places and issues alone: what a reply holds is nobody's business but its client's. */
function broken(status: number, details: readonly Detail[]): Refusal {
  const places = details.slice(0, placesMax).map(({ in: place, field, issue }) => {
    const where = field === '' ? place : `${place} ${field.slice(0, placeLengthMax)}`
    return `${where} ${issue}`
  })
  const more = details.length > placesMax ? `, and ${details.length - placesMax} more` : ''
  return refusalFor(status, `${places.join(', ')}${more}`)
}
