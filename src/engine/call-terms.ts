// On which terms an exchange calls its endpoint.
import type { RequestHead } from '../http.ts'
import type { CallBody, CallTerms } from '../wire.ts'
import type { LinkedOperation } from './snapshot.ts'

export function callTerms(operation: LinkedOperation, deadlineMs: number): CallTerms {
  const { finish, limits, reading, verify } = operation
  const { firstByteTimeoutMs, replyIdleTimeoutMs } = limits
  const fieldsWanted = finish.length > 0 || verify.length > 0
  return { fieldsWanted, reading, firstByteTimeoutMs, replyIdleTimeoutMs, deadlineMs }
}

/** How a body goes on that is still coming. */
export const bodyKind = ({ bodyLength }: RequestHead): CallBody =>
  bodyLength === 'streamed' ? 'chunks' : 'bytes'
