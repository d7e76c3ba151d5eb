// Clients of a simulation, of HTTP/1.1 and of HTTP/2: they ask, send bodies in pieces, take what comes
// when they like, and leave at any moment.
import assert from 'node:assert/strict'
import {
  type FieldLines,
  FramePeer,
  type PeerEvents,
  type PeerStream,
} from '../../test/frame-peer.ts'
import { bodyEndOf, MessageReader } from '../../test/message-reader.ts'
import { eventually, type Peer } from '../../test/raw-peer.ts'
import { encodeField } from '../../test/frame-end.ts'
import type { Asked, Ledger } from './chaos-ledger-for-tests.ts'

/** Whoever takes part. */
export interface Actor {
  /** Takes what came, and does something. */
  turn(): void
  readonly peer: Peer
  /** Whether all that it began has come to an end, or it has gone. */
  readonly isDone: boolean
}

export class Http1Client implements Actor {
  readonly peer: Peer
  readonly #ledger: Ledger
  readonly #isPrompt: boolean
  readonly #reader: MessageReader
  #asked: Asked | undefined
  #isLeft = false

  constructor(peer: Peer, ledger: Ledger) {
    peer.keepBytesMax = Infinity
    this.peer = peer
    this.#ledger = ledger
    this.#isPrompt = ledger.chance(0.5)
    this.#reader = new MessageReader({
      head: (text) => this.#head(text),
      data: (text) => this.#asked?.reply?.take(text),
      ended: () => this.#ended(),
    })
  }

  get isDone(): boolean {
    return this.#asked === undefined || this.#isLeft || this.peer.closed || this.peer.ended
  }

  #head(text: string): ReturnType<typeof bodyEndOf> {
    const asked = this.#asked!
    const status = Number(text.slice(9, 12))
    this.#ledger.answered(asked, status, text)
    if (text.includes('\r\nConnection: close')) this.#isLast = true
    const isBare = status < 200 || status === 204 || asked.method === 'HEAD'
    return isBare ? 0 : bodyEndOf(text, 'close')
  }

  #isLast = false

  #ended(): void {
    const asked = this.#asked!
    if (asked.status === 0) return
    asked.reply?.end()
    asked.hasEnded = true
    // A reply may come before all is sent: whoever sends the rest ends the connection.
    if (asked.request.isSaid) this.#asked = undefined
    else this.#isLast = true
  }

  turn(): void {
    const { received } = this.peer
    this.peer.received = ''
    this.#reader.push(received)
    if (this.peer.ended) this.#reader.end()
    if (this.#isLast && !this.#isLeft) return this.#leave('finish')
    if (this.#isLeft || this.peer.closed || this.peer.ended) return
    this.#disturb()
    if (this.#isLeft) return
    if (this.#asked !== undefined) this.#sendMore(this.#asked)
    else if (!this.#ledger.isCalm && this.#ledger.chance(0.4)) this.#begin()
  }

  #leave(how: 'finish' | 'cut'): void {
    this.#isLeft = true
    if (this.#asked?.hasEnded === false) this.#asked.isPrompt = false
    this.peer[how]()
  }

  #disturb(): void {
    const { socket } = this.peer
    if (this.#ledger.isCalm) socket.resume()
    if (this.#ledger.mishap(0.02)) return this.#leave('cut')
    if (this.#ledger.mishap(0.01)) return this.#leave('finish')
    if (this.#isPrompt) return
    if (this.#ledger.mishap(0.1)) socket.pause()
    if (this.#ledger.mishap(0.2)) socket.resume()
  }

  #begin(): void {
    const asked = this.#ledger.ask(this.#isPrompt)
    this.#asked = asked
    const { isSized, method, number, request } = asked
    const hasBody = request.text.length > 0
    if (!hasBody) request.said(0, true)
    const framing = isSized
      ? `Content-Length: ${request.text.length}`
      : 'Transfer-Encoding: chunked'
    const lines = [
      'Host: a',
      `User-Agent: ${number}`,
      'TE: trailers',
      ...(hasBody ? [framing] : []),
    ]
    this.peer.send(`${method} /a HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  }

  #sendMore({ isSized, request }: Asked): void {
    if (request.isSaid || this.#ledger.chance(0.3)) return
    const bytes = Math.ceil(this.#ledger.random() * 70_000)
    const piece = request.rest.slice(0, bytes)
    const isEnd = piece.length === request.rest.length
    request.said(piece.length, isEnd)
    if (isSized) return this.peer.send(piece)
    const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`
    const trailers = this.#ledger.chance(0.3) ? 'X-Sum: 1\r\n' : ''
    this.peer.send(isEnd ? `${chunk}0\r\n${trailers}\r\n` : chunk)
  }
}

export class Http2Client implements Actor, PeerEvents {
  readonly peer: Peer
  readonly frames: FramePeer
  readonly #ledger: Ledger
  readonly #isPrompt: boolean
  readonly #asked = new Map<PeerStream, Asked>()
  #hasEnded = false

  constructor(peer: Peer, ledger: Ledger) {
    this.peer = peer
    this.#ledger = ledger
    this.#isPrompt = ledger.chance(0.5)
    this.frames = new FramePeer(
      peer,
      true,
      this.#isPrompt ? 65_535 : ledger.pick([0, 1, 1_000, 65_535]),
    )
    this.frames.greet()
  }

  get isDone(): boolean {
    return this.#asked.size === 0 || !this.frames.isOpen
  }

  // What comes.

  section(stream: PeerStream, { status, text }: FieldLines): void {
    const asked = this.#asked.get(stream)
    if (asked !== undefined && status !== undefined) {
      this.#ledger.answered(asked, Number(status), text.replaceAll('\r', ''))
    }
  }

  data(stream: PeerStream, text: string): void {
    this.#asked.get(stream)?.reply?.take(text)
  }

  ended(stream: PeerStream): void {
    const asked = this.#asked.get(stream)
    asked?.reply?.end()
    if (asked !== undefined) asked.hasEnded = true
    // The rest of a request that was answered nobody wants.
    if (!stream.hasEnded) this.frames.reset(stream)
    this.#asked.delete(stream)
  }

  reset(stream: PeerStream): void {
    this.#asked.delete(stream)
  }

  turn(): void {
    const { frames } = this
    frames.poll(this)
    if (!frames.isOpen || this.#hasEnded) return
    if (this.#isPrompt || this.#ledger.isCalm || this.#ledger.chance(0.3)) {
      frames.grant(this.#isPrompt || this.#ledger.isCalm ? 1 : this.#ledger.random())
    }
    for (const [stream, asked] of this.#asked) this.#goOn(stream, asked)
    this.#disturb()
    const hasRoom = this.#asked.size < 6 && !frames.isLeft && !this.#hasEnded
    if (!this.#ledger.isCalm && hasRoom && this.#ledger.chance(0.5)) this.#begin()
  }

  #begin(): void {
    const asked = this.#ledger.ask(this.#isPrompt)
    const { isSized, method, number, request } = asked
    const { length } = request.text
    if (length === 0) request.said(0, true)
    const fields: [string, string][] = [
      [':method', method],
      [':scheme', 'http'],
      [':authority', 'a'],
      [':path', '/a'],
      ['user-agent', `${number}`],
      ['te', 'trailers'],
      ...(isSized && length > 0 ? [['content-length', `${length}`] as [string, string]] : []),
    ]
    const block = fields.map(([name, value]) => encodeField(name, value)).join('')
    this.#asked.set(this.frames.open(block, length === 0), asked)
  }

  #goOn(stream: PeerStream, asked: Asked): void {
    if (this.#ledger.mishap(0.02)) {
      asked.isPrompt = false
      this.#asked.delete(stream)
      return this.frames.reset(stream)
    }
    const { request } = asked
    if (request.isSaid || this.#ledger.chance(0.4)) return
    const piece = request.rest.slice(0, Math.ceil(this.#ledger.random() * 20_000))
    const isAll = piece.length === request.rest.length
    const hasTrailers = isAll && this.#ledger.chance(0.2)
    const bytes = this.frames.send(stream, piece, isAll && !hasTrailers)
    const isSaid = isAll && bytes === piece.length
    request.said(bytes, isSaid)
    if (isSaid && hasTrailers) this.frames.section(stream, encodeField('x-sum', '1'), true)
  }

  #disturb(): void {
    const { frames, peer } = this
    if (this.#ledger.mishap(0.02)) frames.ping()
    if (this.#ledger.mishap(0.005)) frames.leave(0)
    if (this.#ledger.mishap(0.005)) this.#go('cut')
    if (this.#ledger.mishap(0.005)) this.#go('finish')
    if (this.#isPrompt) return
    if (this.#ledger.mishap(0.05)) peer.socket.pause()
    if (this.#ledger.isCalm || this.#ledger.chance(0.2)) peer.socket.resume()
  }

  /**
   * Of all that was sent at most half may not have come back to the window of the connection: with
   * as much as is missing from that half all of it comes back.
   */
  async fillWindow(windowBytes: number): Promise<void> {
    const { frames } = this
    if (!frames.isOpen || frames.isLeft || this.#hasEnded) return
    const fields: [string, string][] = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':authority', 'a'],
      [':path', '/nowhere'],
    ]
    const stream = frames.open(
      fields.map(([name, value]) => encodeField(name, value)).join(''),
      false,
    )
    let leftBytes = frames.sendWindow - windowBytes / 2
    assert.ok(leftBytes > 0, 'what was sent came back')
    while (leftBytes > 0) leftBytes -= frames.send(stream, 'x'.repeat(leftBytes), false)
    await eventually('the window is whole', () => {
      frames.poll(this)
      frames.grant(1)
      return frames.sendWindow === windowBytes
    })
  }

  #go(how: 'finish' | 'cut'): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    for (const asked of this.#asked.values()) asked.isPrompt = false
    this.peer[how]()
  }
}
