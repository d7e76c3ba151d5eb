// A snapshot as bytes, and back. What operations share is written once and is one object again
// after decoding, so that a hundred thousand operations stay bearable on both sides.
import type { StateNeed } from '../policy.ts'
import type { OperationPlan, SnapshotPlan } from './plan.ts'

const sharedKeys = ['limits', 'bodyTypes', 'heldTypes', 'replyTypes', 'statuses'] as const

interface Encoded extends Omit<SnapshotPlan, 'operations'> {
  /** What operations point into. */
  readonly parts: readonly unknown[]
  readonly operations: readonly Readonly<Record<string, unknown>>[]
}

export function encodeSnapshot(plan: SnapshotPlan): Uint8Array {
  const parts = partTable()
  const operations = plan.operations.map((operation) => ({
    ...operation,
    ...Object.fromEntries(sharedKeys.map((key) => [key, parts.indexOf(operation[key])])),
    policies: operation.policies.map((policy) => parts.indexOf(policy)),
  }))
  const encoded: Encoded = { ...plan, parts: parts.list, operations }
  return new TextEncoder().encode(JSON.stringify(encoded))
}

function partTable(): { list: unknown[]; indexOf: (part: unknown) => number } {
  const list: unknown[] = []
  const known = new Map<unknown, number>()
  const indexOf = (part: unknown): number => {
    const before = known.get(part)
    if (before !== undefined) return before
    known.set(part, list.length)
    return list.push(part) - 1
  }
  return { list, indexOf }
}

/** Throws where the bytes are no snapshot of this format: they come from our own control plane. */
export function decodeSnapshot(bytes: Uint8Array): SnapshotPlan {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  const { parts, operations, ...rest } = JSON.parse(text) as Encoded
  if (rest.format !== 1 || !Array.isArray(parts) || !Array.isArray(operations)) {
    throw new Error(`not a snapshot of format 1`)
  }
  return Object.freeze({
    ...rest,
    operations: Object.freeze(operations.map((one) => decodeOperation(one, parts))),
  })
}

/** What a snapshot's policies remember, for who must have the memory before it is linked. */
export function snapshotNeeds(bytes: Uint8Array): readonly StateNeed[] {
  return decodeSnapshot(bytes).states
}

function decodeOperation(
  encoded: Readonly<Record<string, unknown>>,
  parts: readonly unknown[],
): OperationPlan {
  const part = (index: unknown): unknown => {
    const found = parts[index as number]
    if (found === undefined) throw new Error('a snapshot points at a part that it does not have')
    return found
  }
  const shared = sharedKeys.map((key) => [key, part(encoded[key])])
  const policies = (encoded['policies'] as number[]).map(part)
  return Object.freeze({ ...encoded, ...Object.fromEntries(shared), policies }) as OperationPlan
}
