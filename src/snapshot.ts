// snapshot: the one thing that passes from the control plane to the data plane, as bytes.
export {
  encodeSnapshot,
  openSnapshot,
  sealSnapshot,
  snapshotCode,
  snapshotNeeds,
} from './snapshot/codec.ts'
export { inSharedMemory } from './snapshot/sections.ts'
export type {
  OpenSnapshot,
  ListenerPlan,
  OperationName,
  OperationPlan,
  SnapshotCode,
  SnapshotPlan,
} from './snapshot/plan.ts'
