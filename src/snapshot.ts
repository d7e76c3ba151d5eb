// snapshot: the one thing that passes from the control plane to the data plane, as bytes.
export type { OperationPlan, SnapshotPlan } from './snapshot/plan.ts'
