// What becomes of a request body: refused, streamed through, or held whole to be checked.
import type { LimitName } from '../base.ts'
import { isHeld, type Operation } from '../contract.ts'
import type { Mode } from '../policy.ts'
import type { OperationPlan } from '../snapshot.ts'

export type BodyHandling = Pick<
  OperationPlan,
  'body' | 'bodyTypes' | 'heldTypes' | 'replyTypes' | 'validationInShadow'
>

const unchecked: BodyHandling = { body: 'streamed', bodyTypes: [], heldTypes: [], replyTypes: [] }

/** `mode` is that of validation: what is declared counts only as far as it does. */
export function bodyHandling(operation: Operation, mode: Mode): BodyHandling {
  if (mode === 'off') return unchecked
  const media = operation.body?.media ?? []
  const held = media.filter(isHeld)
  return {
    body: operation.body === undefined ? 'refused' : held.length > 0 ? 'held' : 'streamed',
    bodyTypes: media.map(({ range }) => range),
    heldTypes: held.map(({ range }) => range),
    replyTypes: operation.replyTypes,
    ...(mode === 'shadow' ? { validationInShadow: true } : {}),
  }
}

/** Whether a bound can ever bind an operation that treats bodies so. */
export function limitMatters(name: LimitName, handling: BodyHandling): boolean {
  const { body, heldTypes, validationInShadow } = handling
  switch (name) {
    case 'bodyBytesMax':
      return body !== 'refused' || validationInShadow === true
    case 'checkedBodyBytesMax':
    case 'jsonDepthMax':
    case 'jsonValuesMax':
      return heldTypes.length > 0
    default:
      return true
  }
}
