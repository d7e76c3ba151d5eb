// engine: the data plane of one thread. Links a bundle and serves it; `exchange.ts` is the life of
// a request from head to record, `snapshot.ts` makes a bundle run. Which threads there are, it does
// not know.
export { Engine, type EngineSetup } from './engine/engine.ts'
export { faultReply, wantsProblem } from './engine/fault-body.ts'
export { grpcCodeOf } from './engine/grpc-status.ts'
export { bundleRelease } from './engine/let-go.ts'
export { registryFor } from './engine/registry-for.ts'
export { type Rehearsed, type RehearsedRequest, rehearse } from './engine/rehearsal.ts'
export { roomNotice } from './engine/room.ts'
export { type SharedMemories, SharedStates } from './engine/shared-states.ts'
export {
  type EngineOptions,
  type EngineTold,
  type HostParts,
  type LogOptions,
  startEngine,
} from './engine/start-engine.ts'
