// What holds for frames of each type whatever they say: of a stream or of the connection, and how
// long (RFC 9113 §6). What is broken here ends the connection.
import { errorCode, frameFlag, frameType } from './frames.ts'
import type { ConnectionFault } from './peer-settings.ts'

interface FrameRule {
  readonly name: string
  readonly of: 'stream' | 'connection' | 'either'
  /** Its length in bytes, where that is given. */
  readonly bytes?: number
  readonly bytesMin?: number
  /** It comes in entries of so many bytes. */
  readonly entryBytes?: number
}

const rules: (FrameRule | undefined)[] = []
rules[frameType.data] = { name: 'DATA', of: 'stream' }
rules[frameType.headers] = { name: 'HEADERS', of: 'stream' }
rules[frameType.priority] = { name: 'PRIORITY', of: 'stream', bytes: 5 }
rules[frameType.rstStream] = { name: 'RST_STREAM', of: 'stream', bytes: 4 }
rules[frameType.settings] = { name: 'SETTINGS', of: 'connection', entryBytes: 6 }
rules[frameType.pushPromise] = { name: 'PUSH_PROMISE', of: 'stream' }
rules[frameType.ping] = { name: 'PING', of: 'connection', bytes: 8 }
rules[frameType.goaway] = { name: 'GOAWAY', of: 'connection', bytesMin: 8 }
rules[frameType.windowUpdate] = { name: 'WINDOW_UPDATE', of: 'either', bytes: 4 }
rules[frameType.continuation] = { name: 'CONTINUATION', of: 'stream' }

/** The rule that the head of a frame breaks. */
export function frameProblem(
  type: number,
  flags: number,
  id: number,
  bytes: number,
): ConnectionFault | undefined {
  const rule = rules[type]
  // What is unknown means nothing (RFC 9113 §5.5).
  if (rule === undefined) return undefined
  const { name, of } = rule
  if (id === 0 && of === 'stream') return broken(errorCode.protocolError, `${name} of no stream`)
  if (id > 0 && of === 'connection') return broken(errorCode.protocolError, `${name} of a stream`)
  const isAck = type === frameType.settings && (flags & frameFlag.ack) !== 0
  if (isRightSize(rule, bytes) && !(isAck && bytes > 0)) return undefined
  return broken(errorCode.frameSizeError, `${name} of a wrong size`)
}

const isRightSize = ({ bytes: wanted, bytesMin = 0, entryBytes = 1 }: FrameRule, bytes: number) =>
  (wanted === undefined || bytes === wanted) && bytes >= bytesMin && bytes % entryBytes === 0

const broken = (code: number, reason: string): ConnectionFault => ({ code, reason })
