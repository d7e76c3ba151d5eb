// gateway: the data plane. Takes a bundle, serves it, and can be given another one. `exchange.ts`
// is the life of a request from head to record; `snapshot.ts` makes a bundle run; `threads.ts`
// decides which threads it runs in, and `fleet.ts` keeps them running.
export { type Admin, type AdminSetup, createAdmin } from './gateway/admin.ts'
export type { AdminAnswer, AdminRoute, AdminSources, Readiness } from './gateway/admin-routes.ts'
export type { Applied, Gateway, GatewayOptions, GatewaySettings } from './gateway/gateway-types.ts'
export { roomNotice } from './gateway/room.ts'
export { startGateway } from './gateway/threads.ts'
