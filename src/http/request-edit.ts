// What is set on and taken from the fields of every request of an operation, as data.
import { tokenForm } from './token.ts'

export interface RequestEdit {
  /** Taken out, by lower-case name. */
  readonly drop: readonly string[]
  /** Name and value in turn: in place of whatever the client sent under that name. */
  readonly set: readonly string[]
}

/** Several edits as one: what any of them sets is there, and of two that set it the last counts. */
export function mergeRequestEdits(edits: readonly RequestEdit[]): RequestEdit {
  const set = new Map<string, readonly [name: string, value: string]>()
  for (const edit of edits) {
    for (let i = 0; i < edit.set.length; i += 2) {
      const name = edit.set[i]!
      set.set(name.toLowerCase(), [name, edit.set[i + 1]!])
    }
  }
  return { drop: [...new Set(edits.flatMap(({ drop }) => drop))], set: [...set.values()].flat() }
}

/** Why a field of a request may not be edited by whoever writes policies, if so. */
export function editProblem(name: string): string | undefined {
  if (!tokenForm.test(name)) return 'it is not the name of a header field'
  const lower = name.toLowerCase()
  if (isFraming(lower)) return 'it frames the message'
  if (lower === 'host') return "the policy 'rewrite' sets it"
  if (isSaidHere(lower)) return 'the gateway itself says it'
  return undefined
}

const framing = new Set(
  (
    'connection content-length expect keep-alive proxy-connection te trailer ' +
    'transfer-encoding upgrade http2-settings'
  ).split(' '),
)

const isFraming = (lowerName: string): boolean => framing.has(lowerName)

const isSaidHere = (lowerName: string): boolean =>
  lowerName === 'via' ||
  lowerName === 'forwarded' ||
  lowerName === 'x-real-ip' ||
  lowerName === 'x-request-id' ||
  lowerName.startsWith('x-forwarded')
