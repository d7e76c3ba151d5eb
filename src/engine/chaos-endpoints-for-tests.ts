// Endpoints of a simulation, of HTTP/1.1 and of HTTP/2: they answer early or late, in pieces, with
// heads before their time, reset, leave, and go away.
import { encodeField, encodeLines, encodeStatus, errorCode, setting } from '../../test/frame-end.ts'
import {
  type FieldLines,
  FramePeer,
  type PeerEvents,
  type PeerStream,
} from '../../test/frame-peer.ts'
import { bodyEndOf, MessageReader } from '../../test/message-reader.ts'
import type { Peer } from '../../test/raw-peer.ts'
import type { Actor } from './chaos-clients-for-tests.ts'
import { type Asked, type Ledger, type Reply, Seen } from './chaos-ledger-for-tests.ts'

/** A request that came to an endpoint, and what it says to it. */
interface Served {
  readonly asked: Asked
  readonly request: Seen
  reply: Reply | undefined
}

const numberLine = ({ number }: Reply): string => `X-Reply: ${number}\r\n`
const lengthLine = ({ isSized, message }: Reply): string =>
  isSized ? `Content-Length: ${message.text.length}\r\n` : ''

export class Http1Endpoint implements Actor {
  readonly peer: Peer
  readonly #ledger: Ledger
  readonly #reader: MessageReader
  #served: Served | undefined
  /** Whether its reply ends with the connection. */
  #untilClose = false
  #isLeft = false

  constructor(peer: Peer, ledger: Ledger) {
    peer.keepBytesMax = Infinity
    this.peer = peer
    this.#ledger = ledger
    this.#reader = new MessageReader({
      head: (text) => this.#head(text),
      data: (text) => this.#served!.request.take(text),
      ended: () => this.#served!.request.end(),
    })
  }

  get isDone(): boolean {
    return this.#served === undefined || this.#isLeft || this.peer.closed
  }

  #head(text: string): ReturnType<typeof bodyEndOf> {
    const asked = this.#ledger.askedBy(text.replaceAll('\r', ''))
    this.#served = { asked, request: new Seen(asked.request), reply: undefined }
    return bodyEndOf(text, 0)
  }

  turn(): void {
    const { received } = this.peer
    this.peer.received = ''
    this.#reader.push(received)
    if (this.#isLeft || this.peer.closed) return
    if (this.peer.ended) return this.#leave('finish')
    if (this.#ledger.mishap(0.01)) return this.#leave('cut')
    if (this.#ledger.mishap(0.005)) return this.#leave('finish')
    if (this.#ledger.mishap(0.05)) this.peer.socket.pause()
    if (this.#ledger.isCalm || this.#ledger.chance(0.3)) this.peer.socket.resume()
    if (this.#served !== undefined) this.#serve(this.#served)
  }

  #leave(how: 'finish' | 'cut'): void {
    this.#isLeft = true
    if (how === 'finish' && this.#untilClose) {
      const { message } = this.#served!.reply!
      // What ends with the connection is whole wherever that ends.
      this.#untilClose = false
      if (message.saidBytes < message.text.length) how = 'cut'
      else message.said(0, true)
    }
    this.peer[how]()
  }

  #serve(served: Served): void {
    if (this.#ledger.chance(served.request.isWhole ? 0.5 : 0.9)) return
    if (served.reply === undefined) this.#begin(served)
    else this.#goOn(served, served.reply)
  }

  #begin(served: Served): void {
    if (this.#ledger.chance(0.2)) this.peer.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
    const reply = this.#ledger.answer(served.asked)
    served.reply = reply
    const isBare = served.asked.method === 'HEAD'
    this.#untilClose = !reply.isSized && !isBare && this.#ledger.chance(0.2)
    const chunked = reply.isSized || this.#untilClose ? '' : 'Transfer-Encoding: chunked\r\n'
    const { length } = reply.message.text
    const isEmpty = isBare || (reply.isSized && length === 0)
    if (isEmpty) reply.message.said(0, true)
    this.peer.send(`HTTP/1.1 200 OK\r\n${numberLine(reply)}${lengthLine(reply)}${chunked}\r\n`)
    if (isEmpty) this.#over(served)
  }

  #goOn(served: Served, { isSized, message }: Reply): void {
    const piece = message.rest.slice(0, Math.ceil(this.#ledger.random() * 70_000))
    const isAll = piece.length === message.rest.length
    message.said(piece.length, isAll && !this.#untilClose)
    const isPlain = isSized || this.#untilClose
    const chunk = piece === '' ? '' : `${piece.length.toString(16)}\r\n${piece}\r\n`
    this.peer.send(isPlain ? piece : chunk)
    if (!isAll) return
    if (!isPlain) this.peer.send(this.#ledger.chance(0.3) ? '0\r\nX-End: 1\r\n\r\n' : '0\r\n\r\n')
    if (this.#untilClose) this.#leave('finish')
    else this.#over(served)
  }

  /** Another request may come, where all of this one has. */
  #over(served: Served): void {
    this.#served = served.request.isWhole ? undefined : served
    if (!served.request.isWhole) this.#leave('finish')
  }
}

export class Http2Endpoint implements Actor, PeerEvents {
  readonly peer: Peer
  readonly frames: FramePeer
  readonly #ledger: Ledger
  readonly #served = new Map<PeerStream, Served>()
  #hasEnded = false

  constructor(peer: Peer, ledger: Ledger) {
    this.peer = peer
    this.#ledger = ledger
    this.frames = new FramePeer(peer, false, ledger.pick([0, 1, 1_000, 65_535]))
  }

  get isDone(): boolean {
    return this.#served.size === 0 || !this.frames.isOpen
  }

  section(stream: PeerStream, { method, text }: FieldLines): void {
    if (method === undefined) return
    const asked = this.#ledger.askedBy(text.replaceAll('\r', ''))
    this.#served.set(stream, { asked, request: new Seen(asked.request), reply: undefined })
  }

  data(stream: PeerStream, text: string): void {
    this.#served.get(stream)?.request.take(text)
  }

  ended(stream: PeerStream): void {
    this.#served.get(stream)?.request.end()
    if (stream.hasEnded) this.#served.delete(stream)
  }

  reset(stream: PeerStream): void {
    this.#served.delete(stream)
  }

  turn(): void {
    const { frames } = this
    if (this.#ledger.isCalm || this.#ledger.chance(0.5)) {
      frames.greet([[setting.maxConcurrentStreams, this.#ledger.pick([1, 3, 100])]])
    }
    frames.poll(this)
    if (!frames.isOpen || this.#hasEnded) return
    const isCalm = this.#ledger.isCalm
    if (isCalm || this.#ledger.chance(0.4)) frames.grant(isCalm ? 1 : this.#ledger.random())
    for (const [stream, served] of this.#served) this.#serve(stream, served)
    this.#disturb()
  }

  #disturb(): void {
    const { frames, peer } = this
    if (this.#ledger.mishap(0.02)) frames.ping()
    if (this.#ledger.mishap(0.005))
      frames.leave(Math.max(0, frames.nextId - this.#ledger.pick([2, 4, 6])))
    if (this.#ledger.mishap(0.005)) this.#go('cut')
    if (this.#ledger.mishap(0.005)) this.#go('finish')
    if (this.#ledger.mishap(0.03)) peer.socket.pause()
    if (this.#ledger.isCalm || this.#ledger.chance(0.3)) peer.socket.resume()
  }

  #go(how: 'finish' | 'cut'): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.peer[how]()
  }

  #serve(stream: PeerStream, served: Served): void {
    if (this.#ledger.mishap(0.02)) return this.#break(stream)
    if (this.#ledger.chance(served.request.isWhole ? 0.5 : 0.9)) return
    if (served.reply === undefined) this.#begin(stream, served)
    else if (!stream.hasEnded) this.#goOn(stream, served.reply)
  }

  #break(stream: PeerStream): void {
    this.#served.delete(stream)
    const { refusedStream, cancel, internalError } = errorCode
    this.frames.reset(stream, this.#ledger.pick([refusedStream, cancel, internalError]))
  }

  #begin(stream: PeerStream, served: Served): void {
    if (this.#ledger.chance(0.2)) {
      this.frames.section(stream, encodeStatus(103) + encodeField('link', '</a>'), false)
    }
    const reply = this.#ledger.answer(served.asked)
    served.reply = reply
    const isEmpty = reply.message.text.length === 0
    if (isEmpty) reply.message.said(0, true)
    const lines = numberLine(reply) + lengthLine(reply)
    this.frames.section(stream, encodeStatus(200) + encodeLines(lines), isEmpty)
    if (isEmpty) this.#over(stream, served)
  }

  #goOn(stream: PeerStream, { message }: Reply): void {
    const piece = message.rest.slice(0, Math.ceil(this.#ledger.random() * 20_000))
    const isAll = piece.length === message.rest.length
    const hasTrailers = isAll && this.#ledger.chance(0.3)
    const bytes = this.frames.send(stream, piece, isAll && !hasTrailers)
    const isSaid = isAll && bytes === piece.length
    message.said(bytes, isSaid)
    if (isSaid && hasTrailers) this.frames.section(stream, encodeField('x-end', '1'), true)
    if (isSaid) this.#over(stream, this.#served.get(stream)!)
  }

  /** Who has answered needs no more of the request. */
  #over(stream: PeerStream, served: Served): void {
    if (!served.request.isWhole && !this.#ledger.chance(0.5)) return
    this.#served.delete(stream)
    if (!served.request.isWhole) this.frames.reset(stream, errorCode.noError)
  }
}
