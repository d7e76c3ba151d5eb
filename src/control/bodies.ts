// What becomes of a request body: refused, streamed through, or held whole to be checked.
import type { LimitName } from '../base.ts'
import { isHeld, type MediaPlan, type Operation } from '../contract.ts'
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

/** What of bodies is read, of an operation that treats them so. */
export interface BodyUse {
  readonly handling: BodyHandling
  /** Ways to read bodies of requests. */
  readonly readers: ReadonlySet<MediaPlan['reader']>
  readonly checksReplies: boolean
  readonly isGrpc: boolean
  /** Whether its messages may be read, one by one. */
  readonly isSocket: boolean
}

/** `replies` is the mode of reply-validation, where there is any. */
export function bodyUse(
  operation: Operation,
  handling: BodyHandling,
  modes: { readonly requests: Mode; readonly replies: Mode },
): BodyUse {
  const media = modes.requests === 'off' ? [] : (operation.body?.media ?? [])
  const readers = new Set(media.map(({ reader }) => reader))
  const isGrpc = operation.grpc !== undefined
  const isSocket = operation.statuses.includes('101')
  return { handling, readers, checksReplies: modes.replies !== 'off', isGrpc, isSocket }
}

/** Whether a bound can ever bind there. */
export function limitMatters(name: LimitName, use: BodyUse): boolean {
  const { handling, readers, checksReplies, isGrpc, isSocket } = use
  const holds = handling.heldTypes.length > 0
  switch (name) {
    case 'bodyBytesMax':
      return handling.body !== 'refused' || handling.validationInShadow === true
    case 'checkedBodyBytesMax':
      return holds || readers.has('multipart')
    case 'jsonDepthMax':
    case 'jsonValuesMax':
      return holds || readers.has('multipart') || readers.has('items') || checksReplies || isSocket
    case 'partsMax':
    case 'partHeadBytesMax':
    case 'fieldBytesMax':
      return readers.has('multipart')
    case 'itemBytesMax':
      return readers.has('items') || checksReplies || isSocket
    case 'checkedReplyBytesMax':
      return checksReplies
    case 'messageBytesMax':
      return isGrpc
    default:
      return true
  }
}
