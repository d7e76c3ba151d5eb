// Every flood there is.
import { endpointFloods } from './endpoints.ts'
import { eventFloods } from './events.ts'
import type { Flood } from './flood.ts'
import { grpcFloods } from './grpc.ts'
import { slowFloods } from './http2-slow.ts'
import { http2Floods } from './http2.ts'
import { smuggledFloods } from './smuggled.ts'
import { tlsFloods } from './tls.ts'
import { webSocketFloods } from './websocket.ts'

export const floods: readonly Flood[] = [
  ...http2Floods,
  ...slowFloods,
  ...smuggledFloods,
  ...tlsFloods,
  ...webSocketFloods,
  ...eventFloods,
  ...grpcFloods,
  ...endpointFloods,
]
