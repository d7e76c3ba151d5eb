// A snapshot in a few facts, for people and for `--json`.
import { openSnapshot, type SnapshotPlan } from '../snapshot.ts'

export interface Summary {
  readonly title: string
  readonly audience: SnapshotPlan['audience']
  readonly operations: number
  readonly revision: string
}

export function summaryOf(snapshot: Uint8Array): Summary {
  const { title, audience, operations, revision } = openSnapshot(snapshot)
  return { title, audience, operations: operations.length, revision }
}
