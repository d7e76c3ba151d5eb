// One side of a connection of HTTP/2 in the hands of a simulation: it keeps to the windows that the
// other side gives, opens its own when told to, and sees that the other side keeps to those.
import assert from 'node:assert/strict'
import { FieldLines } from '../src/wire/http2/field-lines.ts'
import {
  errorCode,
  firstWindowBytes,
  frameFlag,
  frameHead,
  frameType,
  goawayFrame,
  headersFrames,
  pingAck,
  pingFrame,
  preface,
  rstStreamFrame,
  setting,
  settingsAck,
  settingsFrame,
  uint32At,
  windowUpdateFrame,
} from '../src/wire/http2/frames.ts'
import { HpackDecoder } from '../src/wire/http2/hpack-decoder.ts'
import type { Peer } from './raw-peer.ts'

export type { FieldLines }

export class PeerStream {
  readonly id: number
  sendWindow: number
  receiveWindow: number
  /** Received, and not given back to its window. */
  owedBytes = 0
  hasEnded = false
  isEnded = false
  /** By either side. */
  isReset = false

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id
    this.sendWindow = sendWindow
    this.receiveWindow = receiveWindow
  }

  get isOver(): boolean {
    return this.isReset || (this.hasEnded && this.isEnded)
  }
}

export interface PeerEvents {
  /** A section of fields; of a new stream where the other side opens them. */
  section(stream: PeerStream, lines: FieldLines): void
  data(stream: PeerStream, text: string): void
  /** The other side's message is whole. */
  ended(stream: PeerStream): void
  reset(stream: PeerStream, code: number): void
}

export class FramePeer {
  readonly peer: Peer
  readonly streams = new Map<number, PeerStream>()
  sendWindow = firstWindowBytes
  receiveWindow = firstWindowBytes
  owedBytes = 0
  streamsMax = Infinity
  /** Whether the other side opens no more streams, or takes none. */
  isLeft = false
  nextId = 1
  readonly #isClient: boolean
  readonly #initialWindow: number
  readonly #decoder = new HpackDecoder()
  #theirWindow = firstWindowBytes
  #prefaceLeft: number
  #hasGreeted = false

  constructor(peer: Peer, isClient: boolean, initialWindow: number) {
    this.peer = peer
    peer.keepBytesMax = Infinity
    this.#isClient = isClient
    this.#initialWindow = initialWindow
    this.#prefaceLeft = isClient ? 0 : preface.length
  }

  get isOpen(): boolean {
    const { closed, ended, socket } = this.peer
    return this.#hasGreeted && !closed && !ended && !socket.writableEnded && !socket.destroyed
  }

  greet(settings: readonly (readonly [id: number, value: number])[] = []): void {
    if (this.#hasGreeted) return
    this.#hasGreeted = true
    const own = settingsFrame([[setting.initialWindowSize, this.#initialWindow], ...settings])
    this.peer.send((this.#isClient ? preface : '') + own)
  }

  // Writing.

  open(block: string, ends: boolean): PeerStream {
    const stream = this.#newStream(this.nextId)
    this.nextId += 2
    this.section(stream, block, ends)
    return stream
  }

  #newStream(id: number): PeerStream {
    const stream = new PeerStream(id, this.#theirWindow, this.#initialWindow)
    this.streams.set(id, stream)
    return stream
  }

  section(stream: PeerStream, block: string, ends: boolean): void {
    this.peer.send(headersFrames(stream.id, block, ends))
    if (ends) this.#end(stream)
  }

  /** Sends what the windows take; gives how much. */
  send(stream: PeerStream, text: string, endsWithAll: boolean): number {
    const bytes = Math.max(0, Math.min(text.length, this.sendWindow, stream.sendWindow, 16_384))
    const ends = endsWithAll && bytes === text.length
    if (bytes === 0 && !ends) return 0
    this.sendWindow -= bytes
    stream.sendWindow -= bytes
    const flags = ends ? frameFlag.endStream : 0
    this.peer.send(frameHead(bytes, frameType.data, flags, stream.id) + text.slice(0, bytes))
    if (ends) this.#end(stream)
    return bytes
  }

  #end(stream: PeerStream): void {
    stream.hasEnded = true
    this.#dropIfOver(stream)
  }

  reset(stream: PeerStream, code: number = errorCode.cancel): void {
    stream.isReset = true
    this.peer.send(rstStreamFrame(stream.id, code))
    this.#dropIfOver(stream)
  }

  ping(): void {
    this.peer.send(pingFrame('12345678'))
  }

  leave(lastId: number): void {
    this.isLeft = true
    this.peer.send(goawayFrame(lastId, errorCode.noError))
  }

  /** Gives back of what was received: to the connection, and to each stream. */
  grant(share: number): void {
    const ofAll = Math.ceil(this.owedBytes * share)
    if (ofAll > 0) this.peer.send(windowUpdateFrame(0, ofAll))
    this.owedBytes -= ofAll
    this.receiveWindow += ofAll
    for (const stream of this.streams.values()) this.#grantTo(stream, share)
  }

  #grantTo(stream: PeerStream, share: number): void {
    // One that began at nothing must be opened to receive at all.
    const wanted = Math.max(stream.owedBytes, 1_000 - stream.receiveWindow, 0)
    const bytes = Math.ceil(wanted * share)
    if (bytes === 0 || stream.isEnded) return
    this.peer.send(windowUpdateFrame(stream.id, bytes))
    stream.owedBytes = Math.max(0, stream.owedBytes - bytes)
    stream.receiveWindow += bytes
  }

  // Reading.

  poll(events: PeerEvents): void {
    const { peer } = this
    const skipped = Math.min(this.#prefaceLeft, peer.received.length)
    this.#prefaceLeft -= skipped
    const bytes = Buffer.from(peer.received.slice(skipped), 'latin1')
    let at = 0
    while (at + 9 <= bytes.length) {
      const end = at + 9 + bytes.readUIntBE(at, 3)
      if (end > bytes.length) break
      this.#read(bytes.subarray(at, end), events)
      at = end
    }
    peer.received = bytes.toString('latin1', at)
  }

  #read(frame: Buffer, events: PeerEvents): void {
    const type = frame[3]!
    const flags = frame[4]!
    const id = uint32At(frame, 5)
    if (type === frameType.headers) this.#readSection(frame, flags, id, events)
    else if (type === frameType.data) this.#readData(frame, flags, id, events)
    else if (type === frameType.rstStream) this.#readReset(frame, id, events)
    else if (type === frameType.windowUpdate) this.#widen(id, uint32At(frame, 9))
    else if (type === frameType.settings && (flags & frameFlag.ack) === 0) this.#settle(frame)
    else if (type === frameType.goaway) this.isLeft = true
    else if (type === frameType.ping && (flags & frameFlag.ack) === 0) {
      this.peer.send(pingAck(frame.toString('latin1', 9)))
    }
  }

  #readSection(frame: Buffer, flags: number, id: number, events: PeerEvents): void {
    assert.ok((flags & frameFlag.endHeaders) !== 0, 'heads of a simulation are short')
    const lines = new FieldLines()
    lines.begin(64 * 1024, 200)
    assert.ok(this.#decoder.decode(frame, 9, frame.length, lines), 'a section can be decoded')
    const stream = this.streams.get(id) ?? (this.#opens(id) ? this.#newStream(id) : undefined)
    if (stream === undefined) return
    events.section(stream, lines)
    if ((flags & frameFlag.endStream) !== 0) this.#ended(stream, events)
  }

  /** Whether the other side begins a stream with it. */
  #opens(id: number): boolean {
    const opens = !this.#isClient && id >= this.nextId
    if (opens) this.nextId = id + 2
    return opens
  }

  #readData(frame: Buffer, flags: number, id: number, events: PeerEvents): void {
    const bytes = frame.length - 9
    this.receiveWindow -= bytes
    this.owedBytes += bytes
    assert.ok(this.receiveWindow >= 0, 'the window of the connection is kept to')
    const stream = this.streams.get(id)
    if (stream === undefined) return
    stream.receiveWindow -= bytes
    stream.owedBytes += bytes
    assert.ok(stream.receiveWindow >= 0, 'the window of the stream is kept to')
    events.data(stream, frame.toString('latin1', 9))
    if ((flags & frameFlag.endStream) !== 0) this.#ended(stream, events)
  }

  #ended(stream: PeerStream, events: PeerEvents): void {
    stream.isEnded = true
    events.ended(stream)
    this.#dropIfOver(stream)
  }

  #readReset(frame: Buffer, id: number, events: PeerEvents): void {
    const stream = this.streams.get(id)
    if (stream === undefined) return
    stream.isReset = true
    this.#dropIfOver(stream)
    events.reset(stream, uint32At(frame, 9))
  }

  #dropIfOver(stream: PeerStream): void {
    if (stream.isOver) this.streams.delete(stream.id)
  }

  #widen(id: number, bytes: number): void {
    if (id === 0) this.sendWindow += bytes
    const stream = this.streams.get(id)
    if (stream !== undefined) stream.sendWindow += bytes
  }

  #settle(frame: Buffer): void {
    for (let at = 9; at < frame.length; at += 6) {
      const id = frame.readUInt16BE(at)
      const value = uint32At(frame, at + 2)
      if (id === setting.maxConcurrentStreams) this.streamsMax = value
      if (id !== setting.initialWindowSize) continue
      for (const stream of this.streams.values()) stream.sendWindow += value - this.#theirWindow
      this.#theirWindow = value
    }
    this.peer.send(settingsAck)
  }
}
