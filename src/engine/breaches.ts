// What becomes of a side of a WebSocket that breaks its framing, a bound or what was said of its
// messages: the code of its Close (RFC 6455 §7.4.1), and the fault for the record.
import { type FaultCode, type Refusal, refuse } from '../base.ts'
import type { Breach, MessageRules } from '../http.ts'
import type { TunnelTerms } from '../policy.ts'

interface Consequence {
  readonly code: number
  readonly client: FaultCode
  readonly upstream: FaultCode
}

const invalid = 'UPSTREAM_INVALID_REPLY'

const consequences: Readonly<Record<Breach['kind'], Consequence>> = {
  framing: { code: 1002, client: 'MALFORMED_REQUEST', upstream: 'UPSTREAM_PROTOCOL' },
  type: { code: 1003, client: 'INVALID_INPUT', upstream: invalid },
  encoding: { code: 1007, client: 'INVALID_INPUT', upstream: invalid },
  content: { code: 1008, client: 'INVALID_INPUT', upstream: invalid },
  rate: { code: 1008, client: 'LIMIT_EXCEEDED', upstream: invalid },
  size: { code: 1009, client: 'CONTENT_TOO_LARGE', upstream: invalid },
  room: { code: 1013, client: 'OVERLOADED', upstream: 'OVERLOADED' },
}

export const closeCodeFor = ({ kind }: Breach): number => consequences[kind].code

export const refusalFor = (who: 'client' | 'upstream', { kind, reason }: Breach): Refusal =>
  refuse(consequences[kind][who], undefined, { reason: `${who}: ${reason}` })

/** Whether it is a policy that says so, and not how WebSockets are. */
export const isOfPolicy = ({ kind }: Breach): boolean => kind !== 'framing' && kind !== 'room'

/** Whether messages are looked into or measured, and must come as they are. */
export const looksInside = ({ client, server }: TunnelTerms): boolean =>
  [client, server].some(asksOfContent)

const asksOfContent = ({ bytesMax, areTextsChecked, judge }: MessageRules): boolean =>
  bytesMax !== undefined || areTextsChecked === true || judge !== undefined
