// A snapshot as bytes, and back. Opening reads the head alone; an operation, a schema, a policy's
// plan are read when they are asked for, so that a thread pays for what its traffic touches,
// whatever the size of the contract. What operations share is written once.
import { keeping, type Listed } from '../base.ts'
import type { StateNeed } from '../policy.ts'
import { buildTable, type RoutePlan } from '../route.ts'
import { encodeBlobs, encodeList, encodeTexts, openBlobs, openList, parsed } from './lists.ts'
import type {
  OpenSnapshot,
  OperationName,
  OperationPlan,
  SnapshotCode,
  SnapshotHead,
  SnapshotPlan,
} from './plan.ts'
import { framed, seal, unframed } from './sections.ts'

/** Id, method, template. */
type EncodedName = readonly [string, string, string]
/** Numbers of parts: what is neither its name nor its policies, and each policy. */
type EncodedOperation = readonly [traits: number, policies: readonly number[]]
type EncodedHead = Omit<SnapshotHead, 'revision'> & {
  readonly code?: Omit<SnapshotCode, 'source'>
}
type Traits = Omit<OperationPlan, keyof OperationName | 'policies'>

/** The bytes lie in shared memory. */
export function encodeSnapshot(plan: SnapshotPlan): Uint8Array {
  const { revision, routes, operations, schemas, blobs, code, ...rest } = plan
  const head = code === undefined ? rest : { ...rest, code: { ...code, source: undefined } }
  const parts = partTable()
  const split = operations.map(splitOperation)
  const encoded = split.map(({ traits, policies }): EncodedOperation => [
    parts.numberOf(traits),
    policies.map((policy) => parts.numberOf(policy)),
  ])
  const sections = {
    head: [new TextEncoder().encode(JSON.stringify(head))],
    table: [buildTable(routes)],
    routes: encodeList(routes),
    operations: encodeList(encoded),
    names: encodeList(split.map(({ name }) => name)),
    parts: encodeTexts(parts.texts),
    nodes: encodeList(schemas.nodes),
    blobs: encodeBlobs(blobs),
    code: code === undefined ? [] : [code.source],
  }
  return framed(sections, revision)
}

function splitOperation({ id, method, template, policies, ...traits }: OperationPlan) {
  const name: EncodedName = [id, method, template]
  return { name, policies, traits }
}

/** Equal parts have one number. */
function partTable(): { texts: string[]; numberOf: (part: object) => number } {
  const texts: string[] = []
  const byIdentity = new Map<object, number>()
  const byText = new Map<string, number>()
  const numberOf = (part: object): number => {
    const before = byIdentity.get(part)
    if (before !== undefined) return before
    const text = JSON.stringify(part)
    const number = byText.get(text) ?? texts.push(text) - 1
    byText.set(text, number)
    byIdentity.set(part, number)
    return number
  }
  return { texts, numberOf }
}

/** Writes a revision into the bytes of a plan that had none: it is the hash of those bytes. */
export const sealSnapshot = seal

/** Throws where the bytes are no snapshot of this format: they come from our own control plane. */
export function openSnapshot(bytes: Uint8Array): OpenSnapshot {
  const { sections, revision } = unframed(bytes)
  const { code, ...head } = parsed(sections.head, 0, sections.head.length) as EncodedHead
  const names = openList<EncodedName>(sections.names)
  return Object.freeze({
    ...head,
    revision,
    routes: openList<RoutePlan>(sections.routes),
    table: sections.table,
    operations: operationList(sections.operations, sections.parts, names),
    names: mapped(names, nameOf),
    schemas: { nodes: openList(sections.nodes) },
    blobs: openBlobs(sections.blobs),
    ...(code && { code: { ...code, source: sections.code } }),
  })
}

/** What a snapshot's policies remember, for who must have the memory before it is linked. */
export function snapshotNeeds(bytes: Uint8Array): readonly StateNeed[] {
  return openSnapshot(bytes).states
}

/** Names the code that it brings; empty where it brings none. */
export function snapshotCode(bytes: Uint8Array): string {
  return openSnapshot(bytes).code?.hash ?? ''
}

const nameOf = ([id, method, template]: EncodedName): OperationName => ({ id, method, template })

function mapped<From, To>(list: Listed<From>, map: (one: From, index: number) => To): Listed<To> {
  return {
    length: list.length,
    at(index) {
      const one = list.at(index)
      return one === undefined ? undefined : map(one, index)
    },
  }
}

function operationList(
  bytes: Uint8Array,
  partBytes: Uint8Array,
  names: Listed<EncodedName>,
): Listed<OperationPlan> {
  const parts = openList<object>(partBytes)
  // Kept, so that what operations shared they share again.
  const part = keeping((number): unknown => {
    const found = parts.at(number)
    if (found === undefined) throw new Error('a snapshot points at a part that it does not have')
    return Object.freeze(found)
  })
  return mapped(openList<EncodedOperation>(bytes), ([traits, policies], index) =>
    Object.freeze({
      ...nameOf(names.at(index)!),
      ...(part(traits) as Traits),
      policies: policies.map(part) as OperationPlan['policies'],
    }),
  )
}
