// How one endpoint is reached: its address, what its connections run over, and what is told on
// them before anything else. Endpoints that are reached alike share their connections.
import {
  type Address,
  type ClientRoute,
  type Connect,
  connectSocket,
  type Http2Choice,
  proxyHeader,
  tlsConnect,
  type TlsContext,
  tlsContext,
} from '../wire.ts'
import type { EndpointPlan, TlsPlan, UpstreamPlan } from './plan.ts'

export interface Transport {
  readonly address: Address
  readonly connect: Connect
  /** Undefined where HTTP/1.1 is spoken. */
  readonly http2?: Http2Choice | undefined
  /** The PROXY header for a client, where one is wanted: then a connection is that client's alone. */
  readonly prefaceFor: ((route: ClientRoute) => Uint8Array) | undefined
}

/** Bytes of the snapshot by their number. */
export type BlobOf = (number: number) => Uint8Array

/** Throws where OpenSSL refuses what the control plane took. */
export function transportOf(
  endpoint: EndpointPlan,
  { tls, proxyProtocol }: UpstreamPlan,
  contextOf: () => TlsContext,
): Transport {
  const { serverName } = tls ?? {}
  const isSecure = 'isSecure' in endpoint
  const protocols = endpoint.http === 2 ? ['h2', 'http/1.1'] : undefined
  return {
    address: addressOf(endpoint),
    connect: isSecure ? tlsConnect({ context: contextOf(), serverName, protocols }) : connectSocket,
    http2: endpoint.http === 2 ? (isSecure ? 'negotiated' : 'known') : undefined,
    prefaceFor: proxyProtocol && ((route) => proxyHeader(proxyProtocol, route)),
  }
}

const addressOf = (endpoint: EndpointPlan): Address =>
  'socketPath' in endpoint
    ? { socketPath: endpoint.socketPath }
    : { host: endpoint.host, port: endpoint.port }

/** One for all endpoints of an upstream, made when the first needs it: it takes a millisecond. */
export function contextMaker(tls: TlsPlan | undefined, blobOf: BlobOf): () => TlsContext {
  let made: TlsContext | undefined
  const text = (number: number | undefined): string | undefined =>
    // What lies in shared memory no decoder takes.
    number === undefined ? undefined : new TextDecoder().decode(blobOf(number).slice())
  return () =>
    (made ??= tlsContext({ ca: text(tls?.ca), cert: text(tls?.cert), key: text(tls?.key) }))
}

/** For plans that name no bytes. */
export const noBlobs: BlobOf = () => {
  throw new Error('a plan names bytes that did not come with it')
}

/** The same for endpoints that are reached alike. */
export function transportKey(endpoint: EndpointPlan, upstream: UpstreamPlan): string {
  const tls = 'isSecure' in endpoint ? (upstream.tls?.id ?? 'system') : ''
  const http = endpoint.http ?? ''
  return [endpointName(endpoint), tls, upstream.proxyProtocol ?? '', http].join(' ')
}

/** `host:port`, or `unix:` and a path: for records. */
export const endpointName = (endpoint: EndpointPlan): string =>
  'socketPath' in endpoint
    ? `unix:${endpoint.socketPath}`
    : `${hostText(endpoint.host)}:${endpoint.port}`

/** What `Host` says; of a Unix socket, which has no name, what everybody says. */
export function authorityOf(endpoint: EndpointPlan): string {
  if ('socketPath' in endpoint) return 'localhost'
  const isUsual = endpoint.port === (endpoint.isSecure === true ? 443 : 80)
  return isUsual ? hostText(endpoint.host) : endpointName(endpoint)
}

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)
