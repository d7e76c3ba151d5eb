// Numbers of HTTP/3 (RFC 9114 §7.2, §8.1; RFC 9204 §6; RFC 9220).

export const frameType = {
  data: 0x0,
  headers: 0x1,
  cancelPush: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  goaway: 0x7,
  maxPushId: 0xd,
} as const

export const streamType = {
  control: 0x0,
  push: 0x1,
  qpackEncoder: 0x2,
  qpackDecoder: 0x3,
} as const

export const setting = {
  fieldSectionBytesMax: 0x6,
  enableConnectProtocol: 0x8,
} as const

export const errorCode = {
  noError: 0x100,
  internalError: 0x102,
  streamCreationError: 0x103,
  closedCriticalStream: 0x104,
  frameUnexpected: 0x105,
  frameError: 0x106,
  excessiveLoad: 0x107,
  settingsError: 0x109,
  missingSettings: 0x10a,
  requestRejected: 0x10b,
  requestIncomplete: 0x10d,
  messageError: 0x10e,
  qpackDecompressionFailed: 0x200,
  qpackEncoderStreamError: 0x201,
  qpackDecoderStreamError: 0x202,
} as const

/** Frames and settings of HTTP/2 that have no place here (RFC 9114 §7.2.8, §7.2.4.1). */
export const reservedFrames: ReadonlySet<number> = new Set([0x2, 0x6, 0x8, 0x9])
export const reservedSettings: ReadonlySet<number> = new Set([0x0, 0x2, 0x3, 0x4, 0x5])
