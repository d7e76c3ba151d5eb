// The upstreams of a snapshot over pools that outlive it: a swap closes only what is gone.
import type { EndpointGauges } from '../telemetry.ts'
import type { EndpointPlan, UpstreamPlan } from './plan.ts'
import { Multiplexed } from './multiplexed.ts'
import { type EndpointConnections, Pool, type PoolTools } from './pool.ts'
import { SingleUse } from './single-use.ts'
import {
  authorityOf,
  type BlobOf,
  contextMaker,
  endpointName,
  noBlobs,
  type Transport,
  transportKey,
  transportOf,
} from './transport.ts'

/** One address of an upstream, ready to be used. */
export interface Endpoint {
  readonly pool: EndpointConnections
  /** Put before the path. */
  readonly basePath: string
  /** What the `Host` field says; undefined: the client's own. */
  readonly authority: string | undefined
  /** `host:port` or `unix:path`, for records. */
  readonly name: string
  /** What gauges say of where it is; a Unix socket has no port. */
  readonly place: Pick<EndpointGauges, 'host' | 'port'>
}

/** One service: its endpoints in turn. */
export class Upstream {
  readonly name: string
  readonly endpoints: readonly Endpoint[]
  #turn = 0

  constructor(name: string, endpoints: readonly Endpoint[]) {
    this.name = name
    this.endpoints = endpoints
  }

  /** Round robin. */
  next(): Endpoint {
    const endpoint = this.endpoints[this.#turn]!
    this.#turn = this.#turn + 1 === this.endpoints.length ? 0 : this.#turn + 1
    return endpoint
  }

  /** Another than one that failed: the turn may stand at the very same again. */
  after(endpoint: Endpoint): Endpoint {
    const at = this.endpoints.indexOf(endpoint) + 1
    return this.endpoints[at === this.endpoints.length ? 0 : at]!
  }
}

/** Upstreams that are linked and not in force yet: nothing that runs has noticed. */
export interface LinkedUpstreams {
  readonly upstreams: readonly Upstream[]
  /** Puts them in force; pools of addresses that they do not name retire. */
  take(): void
}

export class Upstreams {
  readonly #pools = new Map<string, EndpointConnections>()
  #current: readonly Upstream[] = []

  /** `blobOf` gives what the plans name of their snapshot. */
  link(
    plans: readonly UpstreamPlan[],
    tools: PoolTools,
    blobOf: BlobOf = noBlobs,
  ): LinkedUpstreams {
    const named = new Map<string, EndpointConnections>()
    const upstreams = plans.map((plan) => {
      const contextOf = contextMaker(plan.tls, blobOf)
      const linked = plan.endpoints.map((endpoint) => {
        const key = transportKey(endpoint, plan)
        const make = () => newPool(transportOf(endpoint, plan, contextOf), tools)
        const pool = named.get(key) ?? this.#pools.get(key) ?? make()
        named.set(key, pool)
        return endpointOf(endpoint, plan, pool)
      })
      return new Upstream(plan.name, linked)
    })
    return { upstreams, take: () => this.#take(upstreams, named, tools) }
  }

  /** Links the plans and puts them in force. */
  use(
    plans: readonly UpstreamPlan[],
    tools: PoolTools,
    blobOf: BlobOf = noBlobs,
  ): readonly Upstream[] {
    const { upstreams, take } = this.link(plans, tools, blobOf)
    take()
    return upstreams
  }

  #take(
    upstreams: readonly Upstream[],
    named: Map<string, EndpointConnections>,
    tools: PoolTools,
  ): void {
    this.#current = upstreams
    for (const [name, pool] of this.#pools) {
      if (!named.has(name)) pool.retire(() => this.#forget(name, pool))
    }
    for (const [name, pool] of named) {
      this.#pools.set(name, pool)
      pool.use(tools)
    }
  }

  #forget(name: string, pool: EndpointConnections): void {
    // An older snapshot may have used it while another took its place.
    if (this.#pools.get(name) === pool) this.#pools.delete(name)
  }

  states(): EndpointGauges[] {
    return this.#current.flatMap((upstream) =>
      upstream.endpoints.map(({ pool, place }) => ({
        upstream: upstream.name,
        ...place,
        activeConnections: pool.activeConnections,
        idleConnections: pool.idleConnections,
        waiting: pool.waiting,
      })),
    )
  }

  destroy(): void {
    for (const pool of this.#pools.values()) pool.destroy()
    this.#pools.clear()
  }
}

function newPool(transport: Transport, tools: PoolTools): EndpointConnections {
  const { http2, prefaceFor } = transport
  // Who is reached in another way than the plan says is a program in this process: HTTP/1.1.
  const isHttp2 = http2 !== undefined && tools.connect === undefined
  if (isHttp2) return new Multiplexed(transport, http2, tools)
  return prefaceFor === undefined ? new Pool(transport, tools) : new SingleUse(transport, tools)
}

function endpointOf(
  plan: EndpointPlan,
  { preserveHost }: UpstreamPlan,
  pool: EndpointConnections,
): Endpoint {
  return {
    pool,
    basePath: plan.basePath,
    authority: preserveHost ? undefined : authorityOf(plan),
    name: endpointName(plan),
    place:
      'socketPath' in plan
        ? { host: plan.socketPath, port: undefined }
        : { host: plan.host, port: plan.port },
  }
}
