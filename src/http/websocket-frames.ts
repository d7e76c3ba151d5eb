// Frames of WebSockets as bytes (RFC 6455 §5.2): the head of one read and written, masks, and what
// a Close says. No state: who reads a stream of them is `websocket-reader`.

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Frames of a message have one below it. */
export const isControl = (opcode: number): boolean => opcode >= opcodes.close

export const controlBytesMax = 125

/** A frame's head, read into one object again and again: there is one for every few bytes. */
export interface FrameHead {
  isFinal: boolean
  /** The three reserved bits, where they stand in the first byte. */
  reserved: number
  opcode: number
  isMasked: boolean
  /** A whole number up to 2^53; beyond it, and where the top bit is set, infinite. */
  payloadBytes: number
  /** Whether the length is written as short as it can be (§5.2). */
  isMinimal: boolean
  /** Where the mask begins, in the bytes that were read; 4 bytes, where there is one. */
  maskAt: number
}

export const newFrameHead = (): FrameHead => ({
  isFinal: false,
  reserved: 0,
  opcode: 0,
  isMasked: false,
  payloadBytes: 0,
  isMinimal: true,
  maskAt: 0,
})

/** Gives the position behind a head, or -1 where it is not whole yet. */
export function readFrameHead(bytes: Uint8Array, at: number, head: FrameHead): number {
  if (bytes.length - at < 2) return -1
  const first = bytes[at]!
  const second = bytes[at + 1]!
  const short = second & 0x7f
  head.isFinal = first >= 0x80
  head.reserved = first & 0x70
  head.opcode = first & 0x0f
  head.isMasked = second >= 0x80
  head.maskAt = at + 2 + (short === 127 ? 8 : short === 126 ? 2 : 0)
  const end = head.maskAt + (head.isMasked ? 4 : 0)
  if (end > bytes.length) return -1
  head.payloadBytes = short < 126 ? short : longLength(bytes, at + 2, head.maskAt)
  head.isMinimal = short < 126 || head.payloadBytes > (short === 126 ? 125 : 0xffff)
  return end
}

function longLength(bytes: Uint8Array, from: number, to: number): number {
  let length = 0
  for (let at = from; at < to; at++) length = length * 256 + bytes[at]!
  return length > Number.MAX_SAFE_INTEGER ? Infinity : length
}

/** Four bytes, as they stand in the frame. */
export type Mask = Uint8Array

/** A whole frame, final, and masked where there is a mask. */
export function frameOf(opcode: number, payload: Uint8Array, mask?: Mask): Uint8Array {
  const { length } = payload
  const headBytes = length < 126 ? 2 : length <= 0xffff ? 4 : 10
  const start = headBytes + (mask === undefined ? 0 : 4)
  const frame = new Uint8Array(start + length)
  frame[0] = 0x80 | opcode
  writeLength(frame, headBytes, length)
  if (mask === undefined) {
    frame.set(payload, start)
    return frame
  }
  frame[1]! |= 0x80
  frame.set(mask, headBytes)
  unmask(payload, mask, 0, frame, start)
  return frame
}

function writeLength(frame: Uint8Array, headBytes: number, length: number): void {
  if (headBytes === 2) {
    frame[1] = length
    return
  }
  frame[1] = headBytes === 4 ? 126 : 127
  let rest = length
  for (let at = headBytes - 1; at > 1; at--) {
    frame[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

/**
 * Writes bytes with the mask put on them, or taken off: it is the same. `phase` says how many bytes
 * of the payload came before.
 */
export function unmask(
  bytes: Uint8Array,
  mask: Mask,
  phase: number,
  into: Uint8Array,
  at: number,
): void {
  for (let i = 0; i < bytes.length; i++) into[at + i] = bytes[i]! ^ mask[(phase + i) & 3]!
}

/** What a Close may say on the wire (§7.4); the others stand for what happened without one. */
export const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999)

/** A Close without a code (§7.1.5). */
export const noCloseCode = 1005

export function closeFrame(code: number, reason: string, mask?: Mask): Uint8Array {
  const text = closeReason(reason)
  const payload = new Uint8Array(2 + text.length)
  payload[0] = code >> 8
  payload[1] = code & 0xff
  payload.set(text, 2)
  return frameOf(opcodes.close, payload, mask)
}

/** Cut where it is too long, and between two characters. */
function closeReason(reason: string): Uint8Array {
  const bytes = new Uint8Array(controlBytesMax - 2)
  return bytes.subarray(0, new TextEncoder().encodeInto(reason, bytes).written)
}
