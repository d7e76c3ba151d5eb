// snapshot: the one thing that passes from the control plane to the data plane, as bytes.
export { decodeSnapshot, encodeSnapshot, snapshotNeeds } from './snapshot/codec.ts'
export type { OperationPlan, SnapshotPlan } from './snapshot/plan.ts'
