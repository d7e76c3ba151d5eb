// On which terms an exchange calls its endpoint.
import type { RequestHead } from '../http.ts'
import type { CallBody, CallTerms } from '../wire.ts'
import type { RequestBody } from './request-body.ts'
import type { LinkedOperation } from './snapshot.ts'

export function callTerms(operation: LinkedOperation, deadlineMs: number): CallTerms {
  const { finish, limits, reading, verify } = operation
  const { firstByteTimeoutMs, replyIdleTimeoutMs } = limits
  const fieldsWanted = finish.length > 0 || verify.length > 0
  return { fieldsWanted, reading, firstByteTimeoutMs, replyIdleTimeoutMs, deadlineMs }
}

/** What follows the head of a request: its content, as far as it has come, or a tunnel. */
export function bodyKind(
  { bodyLength }: RequestHead,
  content: RequestBody | undefined,
  isUpgrade: boolean,
): CallBody {
  if (content?.whole !== undefined) return 'kept'
  if (content === undefined || content.isDone) return isUpgrade ? 'tunnel' : 'done'
  return bodyLength === 'streamed' ? 'chunks' : 'bytes'
}
