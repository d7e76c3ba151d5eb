// What the control plane compiles and the data plane runs: plain data, serialisable. Small things
// are in the head and there at once; what grows with the contract is read when it is asked for.
import type { Limits, Listed } from '../base.ts'
import type { GrpcPlan } from '../contract.ts'
import type { Audience, PolicyPlan, StateNeed } from '../policy.ts'
import type { RoutePlan } from '../route.ts'
import type { SchemaPlan } from '../schema.ts'
import type { UpstreamPlan } from '../upstream.ts'

export interface SnapshotHead {
  /** SHA-256 of all the rest, in hex: equal plans have equal revisions. */
  readonly revision: string
  readonly title: string
  readonly audience: Audience
  readonly errorForm: 'concordat' | 'problem'
  /** Where the docs of a fault live; the code is appended. */
  readonly faultDocs: string | undefined
  /** Hosts that route; empty: every host. */
  readonly hosts: readonly string[]
  /** CIDR ranges of hops whose `Forwarded` and `X-Forwarded-*` count. */
  readonly trustedHops: readonly string[]
  /** Other proxies ask here whether they may pass a request on; those of trusted hops alone. */
  readonly forwardAuth?: true
  /** Names of the services that are spoken to in gRPC; absent: there are none. */
  readonly grpcServices?: readonly string[]
  /** What holds for connections of each listener, by its number; none: nothing of it. */
  readonly listeners?: readonly ListenerPlan[]
  readonly limits: Limits
  readonly upstreams: readonly UpstreamPlan[]
  /** What requests of no operation go through, before they are answered. */
  readonly admit: readonly PolicyPlan[]
  /** What works on replies of no operation: 404, 405, OPTIONS, heads that are refused. */
  readonly finish: readonly PolicyPlan[]
  /** All that its policies remember, each once. */
  readonly states: readonly StateNeed[]
}

export interface ListenerPlan {
  /** Every connection begins with a TLS handshake, behind a PROXY header where there is one. */
  readonly tls?: true
  /** Every connection begins with a PROXY header, of a trusted hop. */
  readonly proxyProtocol?: true
  /** HTTP/3 on UDP, on the same port; behind another one that clients see. */
  readonly http3?: { readonly host: string; readonly seenPort?: number }
  /** Requests are sent to the same place under `https:`, on this port. */
  readonly httpsPort?: number
}

/** What workers run of custom policies: one module. */
export interface SnapshotCode {
  /** SHA-256 of the source: threads that have imported other code cannot run this snapshot. */
  readonly hash: string
  /** Where it would lie as a file: beside the configuration, so that stacks name its files. */
  readonly url: string
  readonly source: Uint8Array
}

/** All of it, as the control plane has it. */
export interface SnapshotPlan extends SnapshotHead {
  readonly routes: readonly RoutePlan[]
  /** Indexed by `RoutePlan.operation`. */
  readonly operations: readonly OperationPlan[]
  readonly schemas: SchemaPlan
  /** What plans name by its number here because it is large and no JSON. */
  readonly blobs: readonly Uint8Array[]
  readonly code?: SnapshotCode | undefined
}

/** A snapshot that lies in bytes: a member of a list is made anew each time it is asked for. */
export interface OpenSnapshot extends SnapshotHead {
  readonly routes: Listed<RoutePlan>
  /** The same routes as one table to look up in. */
  readonly table: Uint8Array
  /** Indexed by `RoutePlan.operation`. */
  readonly operations: Listed<OperationPlan>
  /** The same operations by name alone, which is much less to read. */
  readonly names: Listed<OperationName>
  readonly schemas: SchemaPlan
  /** Each lies in the snapshot's own memory, aligned to 8 bytes. */
  readonly blobs: Listed<Uint8Array>
  readonly code?: SnapshotCode | undefined
}

export interface OperationName {
  readonly id: string
  readonly method: string
  /** Full template, base path included: the metric label. */
  readonly template: string
}

export interface OperationPlan extends OperationName {
  readonly upstream: number
  readonly limits: Partial<Limits>
  /** Whether a body may come, and whether one of `heldTypes` is held whole for `content`. */
  readonly body: 'refused' | 'streamed' | 'held'
  /** What a head says against the contract is noted, not refused; what cannot be held streams. */
  readonly validationInShadow?: true
  /**
   * Of `bodyTypes`, what is held whole, of a range what of it is JSON; a body of another type
   * streams even where `held` is said.
   */
  readonly heldTypes: readonly string[]
  /** Media types that the body may have, lower case; empty: any. */
  readonly bodyTypes: readonly string[]
  /** Media types of declared successful replies, for `Accept`; empty: any. */
  readonly replyTypes: readonly string[]
  /** Statuses that the contract declares, such as `200`, `4XX`; `default` stands for all. */
  readonly statuses: readonly string[]
  /** Where its bodies are messages of gRPC; what the gateway answers itself has no upstream: -1. */
  readonly grpc?: GrpcPlan
  /** In the order in which they run. */
  readonly policies: readonly PolicyPlan[]
}
