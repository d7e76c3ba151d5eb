// The connection of HTTP/2 that both sides have in common (RFC 9113): what each frame means in the
// state that its stream and the connection are in, and the bounds on what a peer may make us do.
// Whose turn it is to open streams, and what their sections say, its owner knows.
//
//   preface ──▶ settings ──▶ frames ──▶ over       (`over`: by a fault of the peer, or by us)
import type { Limits } from '../../base.ts'
import type { Piece } from '../../http.ts'
import type { ByteStream } from '../bytes.ts'
import { latin1Text } from '../latin1.ts'
import { Conduct } from './conduct.ts'
import { FieldLines } from './field-lines.ts'
import type { FlowStream, StreamEnd } from './flow-stream.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { frameProblem } from './frame-rules.ts'
import {
  errorCode,
  firstWindowBytes,
  frameFlag,
  frameType,
  goawayFrame,
  headersFrames,
  pingAck,
  preface,
  rstStreamFrame,
  setting,
  settingsAck,
  settingsFrame,
  uint31At,
  uint32At,
  windowUpdateFrame,
} from './frames.ts'
import { emptyTable } from './hpack-encoder.ts'
import { Inflow } from './inflow.ts'
import { Outflow, type OutflowEvents } from './outflow.ts'
import {
  type ConnectionFault,
  firstPeerSettings,
  type PeerSettings,
  takeSettings,
} from './peer-settings.ts'
import { type SectionBounds, Sections } from './sections.ts'

export type { PeerSettings }

/** Who gives frames a meaning: one side of the connection. */
export interface CoreOwner<S extends FlowStream> {
  /** Whether the peer opens streams: then it is a client, and we are its server. */
  readonly takesStreams: boolean
  readonly bounds: Pick<SectionBounds, 'bytesMax' | 'fieldsMax'>
  /**
   * A section has come, of a stream that is open or, where there is none, of a new one. `lines` are
   * those of all connections: to be read within the call.
   */
  section(id: number, stream: S | undefined, lines: FieldLines, isLast: boolean): void
  /** What the peer takes has changed. */
  settled(peer: PeerSettings): void
  /** The peer takes no more streams; those above `lastId` it has not looked at. */
  leaving(lastId: number, code: number): void
  /** Both messages of a stream are through, or it was reset: it is out of the map. */
  streamOver(stream: S): void
  /** The peer broke the connection; GOAWAY is written, and the streams know. */
  failed(code: number, reason: string): void
}

const earlyRefusalsMax = 200

/** One for all connections of a thread: a section is read before the next one is decoded. */
const lines = new FieldLines()

export class Http2Core<S extends FlowStream> implements FrameSink, OutflowEvents {
  readonly streams = new Map<number, S>()
  readonly peer: PeerSettings = firstPeerSettings()
  /** The highest id that somebody serves, or did. */
  servedId = 0
  isOver = false
  /** Since when the peer owes us the rest of a frame or a section; 0 where it owes nothing. */
  partialSinceMs = 0
  readonly #owner: CoreOwner<S>
  readonly #limits: Limits
  readonly #nowMs: () => number
  #socket!: ByteStream
  #expects: 'preface' | 'settings' | 'frames'
  /** Of the preface. */
  #readBytes = 0
  /** How many frames had ended when a read did. */
  #framesBefore = 0
  readonly #reader = new FrameReader(this)
  readonly #sections: Sections
  readonly #inflow: Inflow
  readonly #outflow = new Outflow(this)
  readonly #conduct: Conduct
  /** Who takes the data of the frame under way; undefined: nobody. */
  #dataStream: S | undefined
  #isDataEmpty = false
  /** Of streams that we reset: what their windows let come, and may be on its way. */
  #lateBytesMax = 0
  #saidTable = false
  /** Whether the peer has had our settings. */
  #isAcknowledged = false
  #earlyRefusals = 0

  constructor(owner: CoreOwner<S>, limits: Limits, nowMs: () => number) {
    this.#owner = owner
    this.#limits = limits
    this.#nowMs = nowMs
    this.#expects = owner.takesStreams ? 'preface' : 'settings'
    this.#sections = new Sections({
      ...owner.bounds,
      continuationsMax: limits.http2ContinuationsMax,
      tableBytesMax: limits.http2TableBytesMax,
    })
    const bufferedBytesMax = Math.max(firstWindowBytes, limits.http2BufferedBytesMax)
    const streamBytesMax = limits.http2StreamBytesMax
    // An endpoint's calls are of many clients: none may wait for another's.
    const bounds = { bufferedBytesMax, streamBytesMax, waitsForNobody: !owner.takesStreams }
    this.#inflow = new Inflow(bounds, (text) => this.write(text))
    this.#conduct = new Conduct(owner.takesStreams, limits, nowMs)
  }

  /** Says what we are; must follow the constructor at once. */
  open(socket: ByteStream, settings: readonly (readonly [id: number, value: number])[]): void {
    this.#socket = socket
    this.#outflow.open(socket)
    const { http2BufferedBytesMax, http2TableBytesMax } = this.#limits
    const own = settingsFrame([[setting.headerTableSize, http2TableBytesMax], ...settings])
    const wider = http2BufferedBytesMax - firstWindowBytes
    this.write(this.#owner.takesStreams ? own : preface + own)
    if (wider > 0) this.write(windowUpdateFrame(0, wider))
  }

  // Reading.

  bytes(view: Buffer, length: number): void {
    if (this.isOver) return
    if (this.#expects !== 'preface') this.#reader.push(view, length)
    else this.#readPreface(view, length)
    this.#noteOwed()
  }

  /** Each frame, and each section, has its own time: many that are whole are no rest of one. */
  #noteOwed(): void {
    const { isPartial, frames } = this.#reader
    const isInSection = this.#sections.openId !== undefined
    const isSame = isInSection || frames === this.#framesBefore
    this.#framesBefore = frames
    if (!(isPartial || isInSection || this.#expects === 'preface')) this.partialSinceMs = 0
    else if (!isSame || this.partialSinceMs === 0) this.partialSinceMs = this.#nowMs()
  }

  /** Who speaks another protocol need not finish its line. */
  #readPreface(view: Buffer, length: number): void {
    const end = Math.min(length, preface.length - this.#readBytes)
    if (!preface.startsWith(latin1Text(view, 0, end), this.#readBytes)) {
      return this.fail(errorCode.protocolError, 'the preface is missing')
    }
    this.#readBytes += end
    if (this.#readBytes < preface.length) return
    this.#expects = 'settings'
    this.#reader.push(view, length, end)
  }

  unreadable(code: 'frameSizeError' | 'protocolError', reason: string): void {
    this.fail(errorCode[code], reason)
  }

  /** Whether a frame may stand where it does; the connection ends where it may not. */
  #isInPlace(type: number, flags: number, id: number, bytes: number): boolean {
    const { openId } = this.#sections
    if (openId !== undefined && (type !== frameType.continuation || id !== openId)) {
      this.fail(errorCode.protocolError, 'a frame stands within a section')
    } else if (
      this.#expects === 'settings' &&
      (type !== frameType.settings || (flags & frameFlag.ack) !== 0)
    ) {
      this.fail(errorCode.protocolError, 'the first frame is none of SETTINGS')
    } else {
      return this.#keeps(frameProblem(type, flags, id, bytes))
    }
    return false
  }

  frame(type: number, flags: number, id: number, view: Buffer, start: number, end: number): void {
    if (!this.#isInPlace(type, flags, id, end - start)) return
    switch (type) {
      case frameType.headers:
        return this.#readHeaders(view, start, end, flags, id)
      case frameType.continuation:
        return this.#readContinuation(view, start, end, flags)
      case frameType.windowUpdate:
        return this.#readWindowUpdate(view, start, id)
      case frameType.rstStream:
        return this.#readReset(view, start, id)
      case frameType.settings:
        return this.#readSettings(view, start, end, flags)
      case frameType.ping:
        return this.#readPing(view, start, end, flags)
      case frameType.goaway:
        return this.#readGoaway(view, start, end)
      case frameType.pushPromise:
        return this.fail(errorCode.protocolError, 'a push, which nobody takes')
      default:
        // Priorities of RFC 7540 and what is unknown mean nothing (RFC 9113 §5.3.2, §5.5), but are
        // no way to keep us busy.
        this.#spendControl(end - start)
    }
  }

  // Data.

  dataBegins(id: number, bytes: number): void {
    if (!this.#isInPlace(frameType.data, 0, id, bytes)) return
    if (!this.#inflow.begins(bytes)) {
      return this.fail(errorCode.flowControlError, 'more DATA than the window of the connection')
    }
    this.#dataStream = this.#streamOfData(id, bytes)
    this.#isDataEmpty = true
  }

  /** The stream that takes the data of a frame; undefined where it is dropped. */
  #streamOfData(id: number, bytes: number): S | undefined {
    const stream = this.streams.get(id)
    if (stream === undefined) {
      this.#lateBytesMax -= bytes
      if (this.#keeps(this.#conduct.misplaced(id, 'DATA')) && this.#lateBytesMax < 0) {
        this.fail(errorCode.flowControlError, 'more DATA than the windows of streams that are over')
      }
      return undefined
    }
    stream.receiveWindow -= bytes
    if (stream.isReceived) {
      this.breakStream(stream, errorCode.streamClosed, 'DATA behind the end of the stream')
    } else if (stream.receiveWindow < 0) {
      const reason = 'more DATA than the window of the stream'
      this.breakStream(stream, errorCode.flowControlError, reason)
    } else {
      return stream
    }
    return undefined
  }

  data(view: Buffer, start: number, end: number): void {
    const stream = this.#dataStream
    this.#isDataEmpty = false
    this.#conduct.received(end - start)
    if (stream === undefined || stream.isClosed) return this.#inflow.taken(undefined, end - start)
    const { expectedBytes, receivedBytes } = stream
    // Before any of it is passed on: behind its length another reader would see another message.
    if (expectedBytes !== undefined && receivedBytes + end - start > expectedBytes) {
      this.#inflow.taken(undefined, end - start)
      return this.breakStream(stream, errorCode.protocolError, wrongLength)
    }
    this.#inflow.receive(stream, view, start, end)
  }

  dataEnded(flags: number, paddingBytes: number): void {
    const stream = this.#dataStream
    const isLast = (flags & frameFlag.endStream) !== 0
    if (this.#isDataEmpty && !isLast) this.#spendControl()
    if (paddingBytes > 0) this.#inflow.taken(stream, paddingBytes)
    this.#dataStream = undefined
    if (isLast && stream !== undefined && !stream.isClosed) this.#received(stream)
  }

  #received(stream: S): void {
    const { expectedBytes } = stream
    if (expectedBytes !== undefined && stream.receivedBytes < expectedBytes) {
      return this.breakStream(stream, errorCode.protocolError, wrongLength)
    }
    stream.isReceived = true
    if (stream.isFlowing && stream.arrived === undefined) this.#taken(stream)
  }

  /** Lets what came, and what comes, be taken. */
  flow(stream: S): void {
    if (stream.isFlowing || stream.isClosed) return
    stream.isFlowing = true
    this.#inflow.deliver(stream)
    if (stream.isFlowing && stream.isReceived && !stream.isClosed) this.#taken(stream)
  }

  /** All of the peer's message was taken. */
  #taken(stream: S): void {
    stream.isTaken = true
    stream.takeEnd()
    this.#closeIfDone(stream)
  }

  // Sections.

  /** Takes a stream on that this side opens, or that it lets the peer open. */
  openStream(stream: S): void {
    this.streams.set(stream.id, stream)
    this.#conduct.opened(stream.id)
    this.servedId = stream.id
  }

  /** A stream that came behind our GOAWAY: whatever comes for it is dropped. */
  ignore(id: number): void {
    this.#lateBytesMax += firstWindowBytes
    this.#conduct.closed(id, 'reset')
    this.#spendControl()
  }

  #readHeaders(view: Buffer, start: number, end: number, flags: number, id: number): void {
    const isNew = this.#owner.takesStreams && id > this.#conduct.lastId && id % 2 === 1
    if (!isNew && !this.streams.has(id)) {
      if (!this.#keeps(this.#conduct.misplaced(id, 'HEADERS'))) return
    }
    const came = this.#sections.begin(view, start, end, flags, id, lines)
    if (came === 'whole') this.#takeSection(id, (flags & frameFlag.endStream) !== 0)
    else if (came !== 'unfinished') this.fail(came.code, came.reason)
  }

  #readContinuation(view: Buffer, start: number, end: number, flags: number): void {
    const id = this.#sections.openId ?? 0
    const came = this.#sections.goOn(view, start, end, flags, lines)
    if (came === 'unfinished') return
    if ('code' in came) this.fail(came.code, came.reason)
    else this.#takeSection(id, came.isLast)
  }

  #takeSection(id: number, isLast: boolean): void {
    const stream = this.streams.get(id)
    if (stream === undefined) {
      // Of a stream that we have reset it is read for the sake of the table.
      if (id <= this.#conduct.lastId) return
      this.#conduct.opened(id)
      return this.#owner.section(id, undefined, lines, isLast)
    }
    if (stream.isReceived) {
      const reason = 'HEADERS behind the end of the stream'
      return this.breakStream(stream, errorCode.streamClosed, reason)
    }
    this.#owner.section(id, stream, lines, isLast)
    if (isLast && !stream.isClosed) this.#received(stream)
  }

  // Frames of control.

  /** Ends the connection where a rule is broken. */
  #keeps(fault: ConnectionFault | undefined): boolean {
    if (fault !== undefined) this.fail(fault.code, fault.reason)
    return fault === undefined
  }

  #spendControl(bytes = 0): boolean {
    return this.#keeps(this.#conduct.control(bytes))
  }

  /** A stream was reset, or what it did calls for it. */
  spendReset(): void {
    this.#keeps(this.#conduct.reset())
  }

  #readWindowUpdate(view: Buffer, start: number, id: number): void {
    if (!this.#spendControl()) return
    const increment = uint31At(view, start)
    if (id === 0) {
      if (increment === 0) return this.fail(errorCode.protocolError, noIncrement)
      if (!this.#outflow.widen(increment)) return this.fail(errorCode.flowControlError, tooWide)
      return this.#outflow.serve()
    }
    const stream = this.streams.get(id)
    if (stream === undefined) {
      this.#keeps(this.#conduct.late(id, 'WINDOW_UPDATE'))
    } else if (increment === 0) {
      this.breakStream(stream, errorCode.protocolError, noIncrement)
    } else if (!this.#outflow.widenStream(stream, increment)) {
      this.breakStream(stream, errorCode.flowControlError, tooWide)
    } else {
      this.#outflow.serve()
    }
  }

  #readReset(view: Buffer, start: number, id: number): void {
    if (!this.#keeps(this.#conduct.late(id, 'RST_STREAM'))) return
    const stream = this.streams.get(id)
    if (stream === undefined) return void this.#spendControl()
    const code = uint32At(view, start)
    this.#close(stream, 'ended')
    stream.broken({ by: 'reset', code, reason: `the stream was reset (${codeName(code)})` })
    this.spendReset()
  }

  #readSettings(view: Buffer, start: number, end: number, flags: number): void {
    const isAck = (flags & frameFlag.ack) !== 0
    this.#expects = 'frames'
    this.#isAcknowledged ||= isAck
    if (!this.#spendControl(end - start) || isAck) return
    const { peer } = this
    const windowBefore = peer.initialWindow
    const fault = takeSettings(peer, view, start, end, !this.#owner.takesStreams)
    if (!this.#keeps(fault)) return
    this.#outflow.frameBytesMax = peer.frameBytesMax
    this.#changeWindows(peer.initialWindow - windowBefore)
    if (this.isOver) return
    this.write(settingsAck)
    this.#owner.settled(peer)
    this.#outflow.serve()
  }

  #changeWindows(change: number): void {
    if (change === 0) return
    for (const stream of this.streams.values()) {
      if (this.#outflow.widenStream(stream, change)) continue
      return this.fail(errorCode.flowControlError, tooWide)
    }
  }

  #readPing(view: Buffer, start: number, end: number, flags: number): void {
    if (!this.#spendControl() || (flags & frameFlag.ack) !== 0) return
    this.write(pingAck(latin1Text(view, start, end)))
  }

  #readGoaway(view: Buffer, start: number, end: number): void {
    if (!this.#spendControl(end - start)) return
    this.#owner.leaving(uint31At(view, start), uint32At(view, start + 4))
  }

  // Sending.

  write(text: string): void {
    this.#socket.writeSoon(text)
  }

  /** A section of a stream, in the code of HPACK. */
  sendSection(stream: S, block: string, isLast: boolean): void {
    if (stream.isClosed || stream.isSent) return
    // Said once, and first: our table stays empty, whatever the peer would hold.
    const whole = this.#saidTable ? block : emptyTable + block
    this.#saidTable = true
    this.write(headersFrames(stream.id, whole, isLast))
    if (!isLast) return
    stream.isSent = true
    this.sent(stream)
  }

  sendTrailers(stream: FlowStream, block: string): void {
    this.sendSection(stream as S, block, true)
  }

  /** False asks to wait for `writable`. */
  send(stream: S, piece: Piece): boolean {
    return this.#outflow.send(stream, piece)
  }

  /** Ends our message, with trailers where the block holds any. */
  sendEnd(stream: S, block: string): void {
    this.#outflow.end(stream, block)
  }

  moved(bytes: number): void {
    this.#conduct.sent(bytes)
  }

  /** Who has said all may need no more of what the peer has to say (RFC 9113 §8.1). */
  sent(stream: FlowStream): void {
    if (stream.wantsRest) this.#closeIfDone(stream as S)
    else if (stream.endCode !== errorCode.noError) this.reset(stream as S, stream.endCode)
    else if (stream.isReceived) this.#close(stream as S, 'ended')
    else this.reset(stream as S, errorCode.noError)
  }

  /** The socket takes bytes again. */
  drained(): void {
    this.#outflow.serve()
  }

  // Ending.

  /** Ends a stream for reasons of our own. */
  reset(stream: S, code: number): void {
    if (stream.isClosed) return
    this.write(rstStreamFrame(stream.id, code))
    this.#close(stream, 'reset')
  }

  /** Ends a stream for what the peer did: that counts as a reset of the peer's own. */
  breakStream(stream: S, code: number, reason: string): void {
    if (stream.isClosed) return
    this.reset(stream, code)
    stream.broken({ by: 'fault', code, reason })
    this.spendReset()
  }

  /**
   * Refuses what is not to become a stream. Who has not had our settings yet cannot know how many
   * there may be.
   */
  refuse(id: number, code: number): void {
    this.servedId = id
    this.write(rstStreamFrame(id, code))
    this.#lateBytesMax += firstWindowBytes
    this.#conduct.closed(id, 'reset')
    if (this.#isAcknowledged || ++this.#earlyRefusals > earlyRefusalsMax) this.spendReset()
  }

  #closeIfDone(stream: S): void {
    if (stream.isSent && stream.isTaken && !stream.isClosed) this.#close(stream, 'ended')
  }

  #close(stream: S, how: 'ended' | 'reset'): void {
    stream.isClosed = true
    this.streams.delete(stream.id)
    if (how === 'reset' && !stream.isReceived) {
      this.#lateBytesMax += Math.max(0, stream.receiveWindow)
    }
    this.#conduct.closed(stream.id, how)
    this.#outflow.drop(stream)
    this.#inflow.drop(stream)
    this.#owner.streamOver(stream)
  }

  goaway(lastId: number, code: number, debug = ''): void {
    this.write(goawayFrame(lastId, code, debug))
  }

  /** Ends the connection for what the peer did (RFC 9113 §5.4.1). */
  fail(code: number, reason: string): void {
    if (this.isOver) return
    this.goaway(this.#owner.takesStreams ? this.servedId : 0, code, reason)
    this.end({ by: 'connection', code, reason })
    this.#owner.failed(code, reason)
  }

  /** Nothing goes either way any more: every stream learns why. */
  end(end: StreamEnd): void {
    if (this.isOver) return
    this.isOver = true
    this.#reader.stop()
    const left = [...this.streams.values()]
    this.streams.clear()
    const bugs: unknown[] = []
    for (const stream of left) {
      stream.isClosed = true
      this.#outflow.drop(stream)
      try {
        stream.broken(end)
      } catch (error) {
        bugs.push(error)
      }
    }
    // One that throws keeps no other from learning of it.
    if (bugs.length > 0) throw bugs[0]
  }
}

const noIncrement = 'WINDOW_UPDATE by nothing'
const tooWide = 'a window beyond its bound'
const wrongLength = 'the length of the body is not that of Content-Length'

const codeNames = Object.entries(errorCode)
const codeName = (code: number): string =>
  codeNames.find(([, one]) => one === code)?.[0] ?? `${code}`
