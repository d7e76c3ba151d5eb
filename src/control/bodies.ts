// What becomes of a request body: refused, streamed through, or held whole to be checked.
import type { LimitName } from '../base.ts'
import type { Operation } from '../contract.ts'
import type { Mode } from '../policy.ts'
import type { OperationPlan } from '../snapshot.ts'

export type BodyHandling = Pick<OperationPlan, 'body' | 'bodyTypes' | 'heldTypes'>

/** `mode` is that of validation: only where it enforces is anything refused for being undeclared. */
export function bodyHandling(operation: Operation, mode: Mode): BodyHandling {
  const media = operation.body?.media
  if (media === undefined) {
    return { body: mode === 'enforce' ? 'refused' : 'streamed', bodyTypes: [], heldTypes: [] }
  }
  const held = mode === 'off' ? [] : media.filter(({ reader }) => reader !== 'other')
  return {
    body: held.length > 0 ? 'held' : 'streamed',
    bodyTypes: mode === 'enforce' ? media.map(({ range }) => range) : [],
    heldTypes: held.map(({ range }) => range),
  }
}

/** Whether a bound can ever bind an operation that treats bodies so. */
export function limitMatters(name: LimitName, { body, heldTypes }: BodyHandling): boolean {
  switch (name) {
    case 'bodyBytesMax':
      return body !== 'refused'
    case 'checkedBodyBytesMax':
    case 'jsonDepthMax':
    case 'jsonValuesMax':
      return heldTypes.length > 0
    default:
      return true
  }
}
