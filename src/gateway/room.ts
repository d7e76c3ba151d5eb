// The bounds of connections as they hold in one thread of a process that may open so many
// descriptors and no more. Connections of clients are counted over all threads; pools of
// connections to endpoints are each a thread's own, so each gets its share of their bounds.
import type { Limits } from '../base.ts'
import type { UpstreamPlan } from '../upstream.ts'
import { type Descriptors, fittingConnections, systemDescriptors } from '../wire.ts'

/** Of a snapshot. */
export interface RoomAsked {
  readonly limits: Limits
  readonly upstreams: readonly UpstreamPlan[]
}

/** The bounds as they hold in one of so many threads. */
export function limitsOfThread(
  asked: RoomAsked,
  threads: number,
  descriptors: Descriptors = systemDescriptors(),
): Limits {
  const { endpointConnectionsMax, endpointQueueMax } = asked.limits
  return {
    ...asked.limits,
    connectionsMax: fittingOf(asked, descriptors),
    endpointConnectionsMax: Math.ceil(endpointConnectionsMax / threads),
    endpointQueueMax: Math.ceil(endpointQueueMax / threads),
  }
}

function fittingOf({ limits, upstreams }: RoomAsked, descriptors: Descriptors): number {
  const endpoints = upstreams.reduce((sum, one) => sum + one.endpoints.length, 0)
  const forEndpoints = endpoints * limits.endpointConnectionsMax
  return fittingConnections(limits.connectionsMax, forEndpoints, descriptors)
}

/** A sentence for the operator, where the bound is not the configured one. */
export function roomNotice(
  asked: RoomAsked,
  descriptors: Descriptors = systemDescriptors(),
): string | undefined {
  const fitting = fittingOf(asked, descriptors)
  if (fitting === asked.limits.connectionsMax) return undefined
  const [fits, wanted, max] = [fitting, asked.limits.connectionsMax, descriptors.max!].map(
    (count) => count.toLocaleString('en-US'),
  )
  return `connectionsMax is ${fits} instead of ${wanted}: the process may open ${max} descriptors (ulimit -n), and endpoints need their share`
}
