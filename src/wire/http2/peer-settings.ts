// What the peer says of itself in SETTINGS, as far as it binds us (RFC 9113 §6.5.2).
import {
  errorCode,
  firstWindowBytes,
  frameBytesMax,
  setting,
  uint32At,
  windowBytesMax,
} from './frames.ts'

export interface PeerSettings {
  initialWindow: number
  frameBytesMax: number
  streamsMax: number
  takesConnectProtocol: boolean
}

export const firstPeerSettings = (): PeerSettings => ({
  initialWindow: firstWindowBytes,
  frameBytesMax,
  streamsMax: Infinity,
  takesConnectProtocol: false,
})

/** A rule that is broken: the connection ends for it. */
export interface ConnectionFault {
  readonly code: number
  readonly reason: string
}

/** Takes the settings of a whole frame over; `isServer` says who sent them. */
export function takeSettings(
  peer: PeerSettings,
  view: Uint8Array,
  start: number,
  end: number,
  isServer: boolean,
): ConnectionFault | undefined {
  for (let at = start; at < end; at += 6) {
    const id = (view[at]! << 8) | view[at + 1]!
    const fault = take(peer, id, uint32At(view, at + 2), isServer)
    if (fault !== undefined) return fault
  }
  return undefined
}

function take(
  peer: PeerSettings,
  id: number,
  value: number,
  isServer: boolean,
): ConnectionFault | undefined {
  switch (id) {
    case setting.initialWindowSize:
      if (value > windowBytesMax) return { code: errorCode.flowControlError, reason: beyond }
      peer.initialWindow = value
      return undefined
    case setting.maxFrameSize:
      if (value < frameBytesMax || value > 0xff_ffff) return wrong('SETTINGS_MAX_FRAME_SIZE')
      peer.frameBytesMax = value
      return undefined
    case setting.enablePush:
      // A server says 0 or nothing.
      return value > (isServer ? 0 : 1) ? wrong('SETTINGS_ENABLE_PUSH') : undefined
    case setting.maxConcurrentStreams:
      peer.streamsMax = value
      return undefined
    case setting.enableConnectProtocol:
      // What was offered cannot be taken back (RFC 8441 §3).
      if (value > 1 || (value === 0 && peer.takesConnectProtocol)) {
        return wrong('SETTINGS_ENABLE_CONNECT_PROTOCOL')
      }
      peer.takesConnectProtocol = value === 1
      return undefined
    default:
      return undefined
  }
}

const beyond = 'a window beyond its bound'

const wrong = (name: string): ConnectionFault => ({
  code: errorCode.protocolError,
  reason: `${name} is none of its values`,
})
