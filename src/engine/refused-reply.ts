// The reply that stands for a refusal, in the form that its client reads: a status of gRPC where it
// speaks that, else one of HTTP. A proxy that asks for another is told in HTTP, whoever that is.
import type { Refusal } from '../base.ts'
import type { Stream } from '../http.ts'
import type { OpenSnapshot } from '../snapshot.ts'
import { type FaultReply, refusalReply } from './fault-body.ts'
import { grpcReply, grpcTypeOf } from './grpc-status.ts'

/** `sent` tells whether any of the request went upstream. */
export function refusedReply(
  refusal: Refusal,
  plan: Pick<OpenSnapshot, 'errorForm' | 'faultDocs'>,
  { asksOnly, head }: Stream,
  requestId: string,
  sent: boolean,
): FaultReply {
  const type = asksOnly === true ? undefined : grpcTypeOf(head)
  if (type !== undefined) return grpcReply(refusal, type)
  return refusalReply(refusal, plan, head, requestId, sent)
}
