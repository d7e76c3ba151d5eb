// What the bundle says of upstreams.

/** Serialisable: one service and where it listens. */
export interface UpstreamPlan {
  readonly name: string
  readonly endpoints: readonly EndpointPlan[]
  /** Send the client's `Host` on, in place of the endpoint's own. */
  readonly preserveHost: boolean
  /** For its `https` endpoints, where the system's roots and no certificate of ours do not do. */
  readonly tls?: TlsPlan
  /** Which PROXY header tells its endpoints, before anything else, who the client is. */
  readonly proxyProtocol?: ProxyVersion
}

export type ProxyVersion = 'v1' | 'v2'

export type EndpointPlan = NetworkEndpointPlan | UnixEndpointPlan

interface AnyEndpointPlan {
  /** Put before every path; empty or without a trailing slash. */
  readonly basePath: string
  /** HTTP/2: offered where TLS is spoken, elsewhere without asking. Absent: HTTP/1.1. */
  readonly http?: 2
}

export interface NetworkEndpointPlan extends AnyEndpointPlan {
  readonly host: string
  readonly port: number
  /** Whether TLS is spoken. */
  readonly isSecure?: true
}

export interface UnixEndpointPlan extends AnyEndpointPlan {
  /** Absolute path of the socket. */
  readonly socketPath: string
}

/** PEM texts by the number of their blob: a plan may be printed, and holds no key. */
export interface TlsPlan {
  /** Differs where any of it does. */
  readonly id: string
  readonly ca?: number
  readonly cert?: number
  readonly key?: number
  readonly serverName?: string
}
