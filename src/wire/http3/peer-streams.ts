// What a client sends beside its requests, on streams that go one way (RFC 9114 §6.2): one of
// control, two of QPACK, and whatever else it likes, which is not read.
import { errorCode, frameType, reservedFrames, reservedSettings, streamType } from './codes.ts'
import { type FrameOwner, FrameReader } from './frame-reader.ts'
import { varintAt, varintBytes } from './varints.ts'

export interface PeerStreamsOwner {
  /** The connection must end. */
  fail(code: number, reason: string): void
  /** The stream is of no use. */
  refuse(id: number): void
  /** Something came that costs us and moves nothing. */
  spend(): void
}

/** Settings of a client take some bytes. */
const settingsBytesMax = 4 * 1024
/** A type takes as many. */
const typeBytesMax = 8

type Reader = (bytes: Buffer) => void

interface PeerStream {
  readonly typeBytes: number[]
  read: Reader | undefined
  isCritical: boolean
}

export class PeerStreams implements FrameOwner {
  readonly #owner: PeerStreamsOwner
  readonly #streams = new Map<number, PeerStream>()
  readonly #seen = new Set<number>()
  readonly #control = new FrameReader(this)
  #hasSettings = false

  constructor(owner: PeerStreamsOwner) {
    this.#owner = owner
  }

  bytes(id: number, bytes: Buffer, isLast: boolean): void {
    const stream = this.#streams.get(id) ?? this.#open(id)
    let at = 0
    while (stream.read === undefined && at < bytes.length) {
      stream.typeBytes.push(bytes[at++]!)
      const { typeBytes } = stream
      if (typeBytes.length < varintBytes(typeBytes[0]!)) continue
      this.#begin(id, stream, varintAt(Buffer.from(typeBytes), 0))
    }
    if (at < bytes.length) stream.read?.(bytes.subarray(at))
    if (isLast) this.ended(id)
  }

  #open(id: number): PeerStream {
    const stream: PeerStream = { typeBytes: [], read: undefined, isCritical: false }
    this.#streams.set(id, stream)
    return stream
  }

  #begin(id: number, stream: PeerStream, type: number): void {
    if (type === streamType.push) {
      this.#owner.fail(errorCode.streamCreationError, 'a client pushes nothing')
    }
    const reader = this.#readerOf(type)
    if (reader === undefined) {
      stream.read = () => this.#owner.spend()
      return this.#owner.refuse(id)
    }
    if (this.#seen.has(type)) {
      this.#owner.fail(errorCode.streamCreationError, 'a second stream of its type')
    }
    this.#seen.add(type)
    stream.isCritical = true
    stream.read = reader
  }

  #readerOf(type: number): Reader | undefined {
    switch (type) {
      case streamType.control:
        return (bytes) => this.#control.take(bytes)
      case streamType.qpackEncoder:
        return (bytes) => this.#readEncoder(bytes)
      case streamType.qpackDecoder:
        return () => this.#owner.spend()
      default:
        return undefined
    }
  }

  /** There is a table of no bytes: it may be set to that, and nothing be put in. */
  #readEncoder(bytes: Buffer): void {
    if (bytes.every((byte) => byte === 0x20)) return this.#owner.spend()
    this.#owner.fail(errorCode.qpackEncoderStreamError, 'an entry for a table that has no room')
  }

  /** The client ended the stream, or gave it up. */
  ended(id: number): void {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    if (stream?.isCritical !== true) return
    this.#owner.fail(errorCode.closedCriticalStream, 'a stream ended that must not')
  }

  frame(type: number, length: number): 'pieces' | 'whole' | 'skip' | 'stop' {
    this.#owner.spend()
    if (type === frameType.settings && !this.#hasSettings) {
      this.#hasSettings = true
      if (length <= settingsBytesMax) return 'whole'
      return this.#fail(errorCode.excessiveLoad, 'too many settings')
    }
    if (!this.#hasSettings) return this.#fail(errorCode.missingSettings, 'no SETTINGS came first')
    const isMisplaced =
      type === frameType.settings ||
      type === frameType.data ||
      type === frameType.headers ||
      type === frameType.pushPromise ||
      reservedFrames.has(type)
    return isMisplaced
      ? this.#fail(errorCode.frameUnexpected, 'a frame has no place among those of control')
      : 'skip'
  }

  #fail(code: number, reason: string): 'stop' {
    this.#owner.fail(code, reason)
    return 'stop'
  }

  piece(): void {}

  whole(_: number, payload: Buffer): void {
    const problem = settingsProblem(payload)
    if (problem === undefined) return
    this.#owner.fail(errorCode.settingsError, problem)
  }
}

/** We go by none of them: no table, no pushes, no datagrams. */
function settingsProblem(payload: Buffer): string | undefined {
  const seen = new Set<number>()
  let at = 0
  while (at < payload.length) {
    const numbers: number[] = []
    for (let i = 0; i < 2; i++) {
      const bytes = at < payload.length ? varintBytes(payload[at]!) : typeBytesMax
      if (at + bytes > payload.length) return 'a setting is cut off'
      numbers.push(varintAt(payload, at))
      at += bytes
    }
    const id = numbers[0]!
    if (reservedSettings.has(id)) return 'a setting of HTTP/2'
    if (seen.has(id)) return 'a setting stands twice'
    seen.add(id)
  }
  return undefined
}
