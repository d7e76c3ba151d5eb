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

export class Upstreams {
  readonly #pools = new Map<string, Pool>()
  #current: readonly Upstream[] = []

  /** Links the plans; pools of addresses that they no longer name retire. */
  use(plans: readonly UpstreamPlan[], tools: PoolTools): readonly Upstream[] {
    const named = new Set<string>()
    this.#current = plans.map((plan) => {
      const endpoints = plan.endpoints.map((endpoint) => {
        named.add(nameOf(endpoint))
        return this.#link(endpoint, plan.preserveHost, tools)
      })
      return new Upstream(plan.name, endpoints)
    })
    for (const [name, pool] of this.#pools) {
      if (!named.has(name)) pool.retire(() => this.#forget(name, pool))
    }
    return this.#current
  }

  #forget(name: string, pool: Pool): void {
    // An older snapshot may have used it while another took its place.
    if (this.#pools.get(name) === pool) this.#pools.delete(name)
  }

  #link(plan: EndpointPlan, preserveHost: boolean, tools: PoolTools): Endpoint {
    const name = nameOf(plan)
    let pool = this.#pools.get(name)
    if (pool === undefined) {
      pool = new Pool({ host: plan.host, port: plan.port }, tools)
      this.#pools.set(name, pool)
    }
    pool.use(tools)
    const authority = plan.port === 80 ? hostText(plan.host) : name
    return { pool, basePath: plan.basePath, authority: preserveHost ? undefined : authority, name }
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

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

const nameOf = (plan: EndpointPlan): string => `${hostText(plan.host)}:${plan.port}`
