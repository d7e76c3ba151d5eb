// A snapshot in a few facts, for people and for `--json`.
import { roomNotice } from '../engine.ts'
import { openSnapshot, type SnapshotPlan } from '../snapshot.ts'

export interface Summary {
  readonly title: string
  readonly audience: SnapshotPlan['audience']
  readonly operations: number
  readonly revision: string
  /** What this machine has no room for. */
  readonly notice: string | undefined
}

export function summaryOf(snapshot: Uint8Array): Summary {
  const head = openSnapshot(snapshot)
  const { title, audience, operations, revision } = head
  return { title, audience, operations: operations.length, revision, notice: roomNotice(head) }
}
