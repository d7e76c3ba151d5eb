// How many client connections there is room for: the configured bound, or fewer where the machine
// does not let the process open as many descriptors.
import type { Limits } from '../base.ts'
import type { UpstreamPlan } from '../upstream.ts'
import { type Descriptors, fittingConnections, systemDescriptors } from '../wire.ts'

/** Of a snapshot. */
export interface RoomAsked {
  readonly limits: Limits
  readonly upstreams: readonly UpstreamPlan[]
}

/** The bounds as they hold: `threads` have pools of connections to endpoints, each its own. */
export function limitsThatFit(
  { limits, upstreams }: RoomAsked,
  threads: number,
  descriptors: Descriptors = systemDescriptors(),
): Limits {
  const endpoints = upstreams.reduce((sum, one) => sum + one.endpoints.length, 0)
  const forEndpoints = endpoints * limits.endpointConnectionsMax * Math.max(1, threads)
  const connectionsMax = fittingConnections(limits.connectionsMax, forEndpoints, descriptors)
  return connectionsMax === limits.connectionsMax ? limits : { ...limits, connectionsMax }
}

/** A sentence for the operator, where the bound is not the configured one. */
export function roomNotice(
  asked: RoomAsked,
  threads: number,
  descriptors: Descriptors = systemDescriptors(),
): string | undefined {
  const { connectionsMax } = limitsThatFit(asked, threads, descriptors)
  if (connectionsMax === asked.limits.connectionsMax) return undefined
  const [fits, wanted, max] = [connectionsMax, asked.limits.connectionsMax, descriptors.max!].map(
    (count) => count.toLocaleString('en-US'),
  )
  return `connectionsMax is ${fits} instead of ${wanted}: the process may open ${max} descriptors (ulimit -n), and endpoints need their share`
}
