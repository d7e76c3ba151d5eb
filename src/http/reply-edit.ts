// What is added to and taken from the head of every reply of an operation, as data: the wire does
// both while it reads the head, so that it costs next to nothing.
import { isNamed } from './headers.ts'

export interface ReplyEdit {
  /** Taken out, by lower-case name. */
  readonly drop: readonly string[]
  /** Name and value in turn: added where the reply, after `drop`, has no field of that name. */
  readonly add: readonly string[]
}

/** The most fields that an edit may add: the presence of each is a bit of a small integer. */
export const addedFieldsMax = 30

/** Several edits as one; of two that add the same field the last counts. */
export function mergeEdits(edits: readonly ReplyEdit[]): ReplyEdit {
  const add = new Map<string, readonly [name: string, value: string]>()
  for (const edit of edits) {
    for (let i = 0; i < edit.add.length; i += 2) {
      const name = edit.add[i]!
      add.set(name.toLowerCase(), [name, edit.add[i + 1]!])
    }
  }
  return { drop: [...new Set(edits.flatMap(({ drop }) => drop))], add: [...add.values()].flat() }
}

/** The same on a list, for replies that never were on a wire. */
export function editFields(headers: readonly string[], { drop, add }: ReplyEdit): string[] {
  const kept = headers.filter((_, i) => {
    const name = headers[i - (i % 2)]!
    return !drop.some((dropped) => isNamed(name, dropped))
  })
  const present = [...kept]
  for (let i = 0; i < add.length; i += 2) {
    if (!hasField(present, add[i]!.toLowerCase())) kept.push(add[i]!, add[i + 1]!)
  }
  return kept
}

function hasField(headers: readonly string[], lowerName: string): boolean {
  for (let i = 0; i < headers.length; i += 2) if (isNamed(headers[i]!, lowerName)) return true
  return false
}
