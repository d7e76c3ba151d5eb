// The bounds of connections as they hold in one thread of a process that may open so many
// descriptors and no more. Connections of clients are counted over all threads; pools of
// connections to endpoints are each a thread's own, so each gets its share of their bounds.
import { defaultLimits, type Limits } from '../base.ts'
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

/** Of the default, which nobody asked for, a little less is no news. */
const newsShare = 0.9

/** A sentence for the operator, where the bound is not the configured one. */
export function roomNotice(
  asked: RoomAsked,
  descriptors: Descriptors = systemDescriptors(),
): string | undefined {
  const fitting = fittingOf(asked, descriptors)
  const { connectionsMax } = asked.limits
  if (fitting === connectionsMax) return undefined
  const isDefault = connectionsMax === defaultLimits.connectionsMax
  if (isDefault && fitting >= newsShare * connectionsMax) return undefined
  const [fits, wanted, max] = [fitting, connectionsMax, descriptors.max!].map((count) =>
    count.toLocaleString('en-US'),
  )
  return `connectionsMax is ${fits} instead of ${wanted}: the process may open ${max} descriptors (ulimit -n), and endpoints need their share`
}
