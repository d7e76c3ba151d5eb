// Frames of HTTP/2 (RFC 9113 §4, §6, §7) as bytes. What is written is latin1 text, one character a
// byte, as all small writes are here: text is gathered and copied once, by the kernel's write.

/** What a client says first (RFC 9113 §3.4); a frame of SETTINGS follows. */
export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const frameFlag = {
  ack: 0x1,
  endStream: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const

export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
  noRfc7540Priorities: 9,
} as const

export const frameHeadBytes = 9
/** What every peer takes, and all that we take (RFC 9113 §4.2). */
export const frameBytesMax = 16_384
/** Of every window before anybody says otherwise (RFC 9113 §6.9.2). */
export const firstWindowBytes = 65_535
export const windowBytesMax = 0x7fff_ffff
export const lastStreamId = 0x7fff_ffff

export const uint32At = (view: Uint8Array, at: number): number =>
  ((view[at]! << 24) | (view[at + 1]! << 16) | (view[at + 2]! << 8) | view[at + 3]!) >>> 0

/** A stream's id or an increment: the first bit is reserved and means nothing. */
export const uint31At = (view: Uint8Array, at: number): number => uint32At(view, at) & 0x7fff_ffff

/** The head of a frame whose payload is `bytes` long. */
export const frameHead = (bytes: number, type: number, flags: number, id: number): string =>
  String.fromCharCode(
    bytes >>> 16,
    (bytes >>> 8) & 0xff,
    bytes & 0xff,
    type,
    flags,
    id >>> 24,
    (id >>> 16) & 0xff,
    (id >>> 8) & 0xff,
    id & 0xff,
  )

/** The same within bytes that are filled; gives the position behind it. */
export function fillFrameHead(
  into: Uint8Array,
  at: number,
  bytes: number,
  type: number,
  flags: number,
  id: number,
): number {
  into[at] = bytes >>> 16
  into[at + 1] = bytes >>> 8
  into[at + 2] = bytes
  into[at + 3] = type
  into[at + 4] = flags
  into[at + 5] = id >>> 24
  into[at + 6] = id >>> 16
  into[at + 7] = id >>> 8
  into[at + 8] = id
  return at + frameHeadBytes
}

const uint32 = (value: number): string =>
  String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)

/** Each setting as its id and value. */
export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): string {
  const payload = settings.map(([id, value]) => String.fromCharCode(0, id) + uint32(value)).join('')
  return frameHead(payload.length, frameType.settings, 0, 0) + payload
}

export const settingsAck = frameHead(0, frameType.settings, frameFlag.ack, 0)

/** The eight bytes of a ping, sent back. */
export const pingAck = (opaque: string): string =>
  frameHead(8, frameType.ping, frameFlag.ack, 0) + opaque

export const pingFrame = (opaque: string): string => frameHead(8, frameType.ping, 0, 0) + opaque

export const rstStreamFrame = (id: number, code: number): string =>
  frameHead(4, frameType.rstStream, 0, id) + uint32(code)

export const windowUpdateFrame = (id: number, increment: number): string =>
  frameHead(4, frameType.windowUpdate, 0, id) + uint32(increment)

/** Whatever streams are above the last one named were not looked at (RFC 9113 §6.8). */
export const goawayFrame = (lastId: number, code: number, debug = ''): string =>
  frameHead(8 + debug.length, frameType.goaway, 0, 0) + uint32(lastId) + uint32(code) + debug

/** A field section in as many frames as it takes (RFC 9113 §4.3). */
export function headersFrames(
  id: number,
  block: string,
  endStream: boolean,
  frameMax: number = frameBytesMax,
): string {
  const ends = endStream ? frameFlag.endStream : 0
  if (block.length <= frameMax) {
    return frameHead(block.length, frameType.headers, ends | frameFlag.endHeaders, id) + block
  }
  let frames = frameHead(frameMax, frameType.headers, ends, id) + block.slice(0, frameMax)
  for (let at = frameMax; at < block.length; at += frameMax) {
    const part = block.slice(at, at + frameMax)
    const isLast = at + frameMax >= block.length
    const flags = isLast ? frameFlag.endHeaders : 0
    frames += frameHead(part.length, frameType.continuation, flags, id) + part
  }
  return frames
}
