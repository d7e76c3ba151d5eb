// What is noted of an exchange while it lives: its record is made of it.
import type { FaultCode, Refusal } from '../base.ts'
import { type Client, headerValue, type RequestHead, type Verdict } from '../http.ts'
import type { ClosedBy, ExchangeRecord, ShadowNote } from '../telemetry.ts'
import { grpcStatusOf, grpcTypeOf } from './grpc-status.ts'
import { noShadows } from './shadowing.ts'
import type { NamedPolicy } from './step-names.ts'

export interface Noted {
  readonly id: string
  readonly request: RequestHead
  readonly client: Client
  readonly startedMs: number
}

export interface End {
  readonly nowMs: number
  readonly finishedEpochMs: number
  readonly fault: FaultCode | undefined
  readonly reason: string | undefined
  /** The operation's; -1 for none. */
  readonly operation: number
  readonly endpoint: string | undefined
}

export class Notes {
  /** Of the reply that was begun; 0: none was. */
  status = 0
  /** From the client and to it. */
  requestBytes = 0
  replyBytes = 0
  /** When it was first sent to an endpoint; 0: it was not. */
  calledMs = 0
  upstreamMs = 0
  shadows: readonly ShadowNote[] = noShadows
  /** What policies in shadow have not said yet. */
  asides: readonly Promise<Verdict>[] = noAsides
  /** Of a reply in gRPC: what its service said. */
  grpcStatus: number | undefined
  /** Of a WebSocket. */
  closed: ClosedBy | undefined
  refused: { readonly refusal: Refusal; readonly by: NamedPolicy | undefined } | undefined

  leftUpstream(nowMs: number): void {
    if (this.calledMs > 0) this.upstreamMs = nowMs - this.calledMs
  }

  record({ id, request, client, startedMs }: Noted, end: End): ExchangeRecord {
    const { method, version, path, host, headers } = request
    const { refused } = this
    return {
      id,
      operation: end.operation,
      method,
      httpVersion: version,
      path,
      host,
      clientAddress: client.address,
      status: this.status,
      fault: end.fault,
      reason: end.reason,
      refusal: refused?.refusal,
      refusedBy: refused?.by?.policy,
      refusedAt: refused?.by?.at,
      shadows: this.shadows,
      closed: this.closed,
      grpcStatus: refused === undefined ? this.grpcStatus : statusRefused(refused.refusal, request),
      durationMs: end.nowMs - startedMs,
      upstreamMs: this.upstreamMs,
      requestBytes: this.requestBytes,
      replyBytes: this.replyBytes,
      endpoint: end.endpoint,
      userAgent: headerValue(headers, 'user-agent'),
      finishedEpochMs: end.finishedEpochMs,
    }
  }
}

const statusRefused = (refusal: Refusal, request: RequestHead): number | undefined =>
  grpcTypeOf(request) === undefined ? undefined : grpcStatusOf(refusal)

const noAsides: readonly Promise<Verdict>[] = Object.freeze([])
