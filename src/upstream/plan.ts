// What the bundle says of upstreams.

/** Serialisable: one service and where it listens. */
export interface UpstreamPlan {
  readonly name: string
  readonly endpoints: readonly EndpointPlan[]
  /** Send the client's `Host` on, in place of the endpoint's own. */
  readonly preserveHost: boolean
}

export interface EndpointPlan {
  readonly host: string
  readonly port: number
  /** Put before every path; empty or without a trailing slash. */
  readonly basePath: string
}
