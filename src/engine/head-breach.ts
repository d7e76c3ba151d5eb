// What the head of a request says against its contract, and whether its body is to be held: what
// is checked whole must not stream.
import { type Refusal, refuse } from '../base.ts'
import { headerValue, joinedValue, type RequestHead } from '../http.ts'
import type { LinkedOperation } from './snapshot.ts'
import { type NamedPolicy, policyOfStep } from './step-names.ts'

export interface HeadVerdict {
  readonly breach: Refusal | undefined
  /** Bytes up to which the body is held whole and checked; undefined: it streams. */
  readonly heldBytesMax: number | undefined
}

const hasBody = ({ bodyLength }: RequestHead): boolean => bodyLength !== 'none' && bodyLength !== 0

export function judgeHead(request: RequestHead, operation: LinkedOperation): HeadVerdict {
  const { bodyLength, headers } = request
  const { limits, plan } = operation
  if (!operation.accepts(joinedValue(headers, 'accept'))) return notAcceptable
  if (!hasBody(request)) return streams
  if (plan.body === 'refused') return noBodyTaken
  const contentType = headerValue(headers, 'content-type')
  if (!operation.takesType(contentType)) return unsupported
  if (plan.body !== 'held' || !operation.holdsType(contentType)) return streams
  // What is checked must be what the upstream will read.
  if (headerValue(headers, 'content-encoding') !== undefined) return encoded
  const heldBytesMax = Math.min(limits.bodyBytesMax, limits.checkedBodyBytesMax)
  if (typeof bodyLength === 'number' && bodyLength > heldBytesMax) return tooLarge
  // A body that outgrew the bound while it was held could no longer be let through.
  if (bodyLength === 'streamed' && mayStream(operation)) return streams
  return { breach: undefined, heldBytesMax }
}

/** Whether nobody who has a say must see the body. */
export const mayStream = ({ plan, content }: LinkedOperation): boolean =>
  plan.validationInShadow === true && content.every((step) => policyOfStep(step)?.isShadow === true)

/** Which policy it is that judges a head. */
export const validation: NamedPolicy = { policy: 'validation' }

const undeclaredBody = refuse('INVALID_INPUT', 'This operation takes no body.', {
  details: [
    { in: 'body', field: '', issue: 'undeclared', message: 'is not declared in the contract' },
  ],
})

const refused = (breach: Refusal): HeadVerdict => ({ breach, heldBytesMax: undefined })

const streams: HeadVerdict = { breach: undefined, heldBytesMax: undefined }
const notAcceptable = refused(refuse('NOT_ACCEPTABLE'))
const noBodyTaken = refused(undeclaredBody)
const unsupported = refused(refuse('UNSUPPORTED_MEDIA_TYPE'))
const encoded = refused(refuse('UNSUPPORTED_MEDIA_TYPE', 'A content coding is not taken here.'))
const tooLarge = refused(refuse('CONTENT_TOO_LARGE'))
