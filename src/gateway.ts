// gateway: the threads of the data plane, kept running behind one port, and the admin server.
// `threads.ts` decides which threads serve, `fleet.ts` keeps them running; what each of them does is
// the engine's.
export { type Admin, type AdminSetup, createAdmin } from './gateway/admin.ts'
export {
  type AdminAnswer,
  type AdminRoute,
  type AdminSources,
  json as adminJson,
  type Readiness,
} from './gateway/admin-routes.ts'
export type { Applied, Gateway, GatewayOptions, GatewaySettings } from './gateway/gateway-types.ts'
export { type GatewayHere, openHere } from './gateway/here.ts'
export {
  type Certified,
  MaterialKeeper,
  type MaterialKeeperSetup,
} from './gateway/material-keeper.ts'
export { startGateway } from './gateway/threads.ts'
