// What gRPC asks of a configuration: services that are spoken to in HTTP/2, and time for streams.
import { type LimitName, limitTable, type Problem } from '../base.ts'
import type { GrpcPlan } from '../contract.ts'
import type { OperationPlan } from '../snapshot.ts'
import type { UpstreamPlan } from '../upstream.ts'
import { errorAt } from './problem-list.ts'
import type { Settled } from './settings.ts'

/** Bounds that would end a stream for being one: where nobody wrote them they are the widest. */
const unhurried = {
  unary: [],
  'client-streaming': ['exchangeTimeoutMs'],
  'server-streaming': ['exchangeTimeoutMs', 'firstByteTimeoutMs', 'replyIdleTimeoutMs'],
  'bidirectional-streaming': ['exchangeTimeoutMs', 'firstByteTimeoutMs', 'replyIdleTimeoutMs'],
} as const satisfies Record<GrpcPlan['pattern'], readonly LimitName[]>

export function limitsOf(
  grpc: GrpcPlan | undefined,
  { limitsWritten, ownLimits }: Pick<Settled, 'limitsWritten' | 'ownLimits'>,
): Settled['ownLimits'] {
  if (grpc === undefined) return ownLimits
  const unwritten = unhurried[grpc.pattern].filter((name) => !limitsWritten.has(name))
  if (unwritten.length === 0) return ownLimits
  return {
    ...Object.fromEntries(unwritten.map((name) => [name, limitTable[name].max])),
    ...ownLimits,
  }
}

/** Of `/package.Service/Method`, behind whatever base path; those that others answer for. */
export function grpcServices(operations: readonly OperationPlan[]): {
  readonly grpcServices?: readonly string[]
} {
  const asked = operations.filter(({ grpc }) => grpc !== undefined && grpc.answeredBy === undefined)
  const names = asked.map(({ template }) => template.split('/').at(-2) ?? '')
  return names.length === 0 ? {} : { grpcServices: [...new Set(names)] }
}

export interface GrpcSources {
  readonly operations: readonly OperationPlan[]
  readonly upstreams: readonly UpstreamPlan[]
  /** Where the upstream of that name was written. */
  readonly placeOf: (upstream: UpstreamPlan) => Problem['place']
  readonly isMock: boolean
}

/** One problem for each upstream that cannot be asked in gRPC. */
export function grpcProblems({ operations, upstreams, placeOf, isMock }: GrpcSources): Problem[] {
  const asked = operations.filter(({ grpc }) => grpc !== undefined && grpc.answeredBy === undefined)
  return upstreams.flatMap((upstream, index): Problem[] => {
    const operation = asked.find((one) => one.upstream === index)
    const older = upstream.endpoints.some(({ http }) => http !== 2)
    if (operation === undefined || !older) return []
    if (isMock) {
      const message = 'operations of gRPC are not mocked: each of them will fail'
      return [{ severity: 'warning', message, place: placeOf(upstream) }]
    }
    const message = `${operation.id} is gRPC, which needs HTTP/2, and this is asked in HTTP/1.1: ${cureOf(upstream)}`
    return [errorAt(placeOf(upstream), message)]
  })
}

function cureOf({ endpoints }: UpstreamPlan): string {
  const [first] = endpoints
  if (first === undefined || 'socketPath' in first || first.isSecure === true) {
    return "say 'http: 2' of the upstream"
  }
  const host = first.host.includes(':') ? `[${first.host}]` : first.host
  return `write h2c://${host}:${first.port}${first.basePath}`
}
