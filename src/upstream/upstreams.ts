// The upstreams of a snapshot over pools that outlive it: a swap closes only what is gone.
import type { EndpointGauges } from '../telemetry.ts'
import type { EndpointPlan, UpstreamPlan } from './plan.ts'
import { Pool, type PoolTools } from './pool.ts'

/** One address of an upstream, ready to be used. */
export interface Endpoint {
  readonly pool: Pool
  /** Put before the path. */
  readonly basePath: string
  /** What the `Host` field says; undefined: the client's own. */
  readonly authority: string | undefined
  /** `host:port`, for records. */
  readonly name: string
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
  readonly #pools = new Map<string, Pool>()
  #current: readonly Upstream[] = []

  link(plans: readonly UpstreamPlan[], tools: PoolTools): LinkedUpstreams {
    const named = new Map<string, Pool>()
    const upstreams = plans.map(({ name, endpoints, preserveHost }) => {
      const linked = endpoints.map((plan) =>
        endpointOf(plan, preserveHost, this.#pool(plan, named, tools)),
      )
      return new Upstream(name, linked)
    })
    return { upstreams, take: () => this.#take(upstreams, named, tools) }
  }

  /** Links the plans and puts them in force. */
  use(plans: readonly UpstreamPlan[], tools: PoolTools): readonly Upstream[] {
    const { upstreams, take } = this.link(plans, tools)
    take()
    return upstreams
  }

  #pool(plan: EndpointPlan, named: Map<string, Pool>, tools: PoolTools): Pool {
    const name = nameOf(plan)
    const pool =
      named.get(name) ??
      this.#pools.get(name) ??
      new Pool({ host: plan.host, port: plan.port }, tools)
    named.set(name, pool)
    return pool
  }

  #take(upstreams: readonly Upstream[], named: Map<string, Pool>, tools: PoolTools): void {
    this.#current = upstreams
    for (const [name, pool] of this.#pools) {
      if (!named.has(name)) pool.retire(() => this.#forget(name, pool))
    }
    for (const [name, pool] of named) {
      this.#pools.set(name, pool)
      pool.use(tools)
    }
  }

  #forget(name: string, pool: Pool): void {
    // An older snapshot may have used it while another took its place.
    if (this.#pools.get(name) === pool) this.#pools.delete(name)
  }

  states(): EndpointGauges[] {
    return this.#current.flatMap((upstream) =>
      upstream.endpoints.map(({ pool }) => ({
        upstream: upstream.name,
        host: pool.address.host,
        port: pool.address.port,
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

function endpointOf(plan: EndpointPlan, preserveHost: boolean, pool: Pool): Endpoint {
  const name = nameOf(plan)
  const authority = plan.port === 80 ? hostText(plan.host) : name
  return { pool, basePath: plan.basePath, authority: preserveHost ? undefined : authority, name }
}

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

const nameOf = (plan: EndpointPlan): string => `${hostText(plan.host)}:${plan.port}`
