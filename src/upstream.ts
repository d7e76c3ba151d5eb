// upstream: the services behind the gateway, their endpoints and the connections to them.
export type { EndpointPlan, UpstreamPlan } from './upstream/plan.ts'
export type { EndpointConnections, PoolTools, Taker, Unconnected } from './upstream/pool.ts'
export { type Endpoint, Upstream, Upstreams } from './upstream/upstreams.ts'
