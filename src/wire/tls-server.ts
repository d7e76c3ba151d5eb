// A connection that begins with a handshake. What comes first is read in clear: a client that only
// connects costs no more than any other, one that speaks HTTP is told so, and a whole first record
// waits its turn in line. Then TLS is put over the socket, and its outcome decides who serves.
//
//   hello ──▶ waiting ──▶ shaking ──▶ served          (any of them: closed, when its time is up)
//     └─ HTTP in clear ─────────────▶ answered
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { type ByteSink, ByteSocket, type ByteStream, handle } from './bytes.ts'
import { Gathered } from './gathered.ts'
import { knowsSecureHandle } from './handle.ts'
import type { HandshakeLine, Waiting } from './handshake-line.ts'
import type { Sweepable, Sweeper } from './sweeper.ts'
import { SecureSocket } from './tls-bytes.ts'
import type { TlsIdentities } from './tls-identities.ts'

/** What a client and we agreed to speak. */
export type Spoken = 'h2' | 'http/1.1'

/** Who serves a connection, or tells it that nobody will. */
export interface Server extends ByteSink {
  drain?(): void
  closeSoon?(): void
  stop?(): void
}

export interface HandshakeOwner {
  /** Those in force; undefined: no longer any. */
  readonly identities: () => TlsIdentities | undefined
  /** Gives who serves it from now on. */
  readonly secured: (socket: ByteStream, spoken: Spoken) => Server
  /** HTTP came in clear: gives who says so. */
  readonly clear: (socket: ByteSocket) => Server
  /** It ended before it was handed on. */
  readonly left: () => void
  readonly bug: (error: unknown) => void
}

export interface HandshakeTools {
  readonly sweeper: Sweeper
  readonly line: HandshakeLine
  readonly owner: HandshakeOwner
  /** What is offered, in our order. */
  readonly protocols: readonly Spoken[]
  readonly timeoutMs: number
  /** How many may be under way. */
  readonly max: number
}

/** A record with its head (RFC 8446 §5.1); no client sends more before it is answered. */
const recordHeadBytes = 5
const helloBytesMax = recordHeadBytes + 16 * 1024
/** More than any handshake takes from a client that shows no certificate. */
const handshakeBytesMax = 64 * 1024
const handshakeType = 0x16
const challengeProtocol = 'acme-tls/1'
/** The protocol as the hello holds it, behind its length. */
const challengeMark = `\n${challengeProtocol}`

/** On what one handshake goes. */
interface Terms {
  /** Where no name is asked for. */
  readonly standard: SecureContext
  /** Undefined: there is nobody of that name. */
  readonly contextFor: (name: string) => SecureContext | undefined
  readonly protocols: readonly string[]
}

type State = 'hello' | 'waiting' | 'shaking' | 'over'

export class Handshake implements ByteSink, Sweepable, Waiting {
  sweepIndex = -1
  readonly restUntilMs = 0
  readonly #tools: HandshakeTools
  readonly #sinceMs: number
  #raw!: ByteSocket
  #secure: ByteStream | undefined
  #hello: Gathered | undefined
  #bytesRead: () => number = () => 0
  #state: State = 'hello'
  #next: Server | undefined
  #isDraining = false

  constructor(tools: HandshakeTools) {
    this.#tools = tools
    this.#sinceMs = tools.sweeper.nowMs
    tools.sweeper.add(this)
  }

  /** Must follow the constructor at once. */
  open(socket: ByteSocket): void {
    this.#raw = socket
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting'
  }

  get #socket(): ByteStream {
    return this.#secure ?? this.#raw
  }

  drain(): void {
    this.#isDraining = true
    this.#next?.drain?.()
  }

  closeSoon(): void {
    if (this.#next === undefined) this.#socket.destroy()
    else this.#next.closeSoon?.()
  }

  stop(): void {
    if (this.#next === undefined) this.#socket.destroy()
    else this.#next.stop?.()
  }

  // What the socket says: the one below, then the one that TLS makes of it.

  bytes(buffer: Buffer, length: number): void {
    if (this.#next !== undefined) return this.#next.bytes(buffer, length)
    if (this.#state !== 'hello') return
    if (this.#hello === undefined) this.#hello = new Gathered(buffer, 0, length)
    else this.#hello.add(buffer, length)
    this.#judge(this.#hello)
  }

  #judge(hello: Gathered): void {
    const { bytes, length } = hello
    if (bytes[0] !== handshakeType) return this.#refuse(bytes, length)
    if (length > helloBytesMax) return this.#socket.destroy()
    if (length < recordHeadBytes || length < recordHeadBytes + bytes.readUInt16BE(3)) return
    this.#state = 'waiting'
    this.#raw.pause()
    this.#tools.line.join(this, this.#tools.max)
  }

  /** Whoever speaks HTTP can read what is wrong. */
  #refuse(bytes: Buffer, length: number): void {
    if (!isLetter(bytes[0]!)) return this.#socket.destroy()
    this.#handedOn(this.#tools.owner.clear(this.#raw))
    this.#next?.bytes(bytes, length)
  }

  #handedOn(next: Server): void {
    this.#hello = undefined
    this.#tools.sweeper.remove(this)
    this.#state = 'over'
    this.#next = next
    if (this.#isDraining) next.drain?.()
  }

  begin(): void {
    this.#state = 'shaking'
    const { bytes, length } = this.#hello!
    this.#hello = undefined
    const hello = bytes.subarray(0, length)
    handle(this, () => this.#begin(hello))
  }

  #begin(hello: Buffer): void {
    const terms = this.#termsFor(hello)
    if (terms === undefined) return this.giveUp()
    const carrier = this.#raw.giveUp()
    this.#bytesRead = () => carrier.bytesRead
    // TLS begins with what is put back.
    carrier.unshift(hello)
    const socket: TLSSocket = new TLSSocket(carrier, {
      isServer: true,
      secureContext: terms.standard,
      ALPNProtocols: [...terms.protocols],
      SNICallback(name: string, done: (error: null, context?: SecureContext) => void) {
        const found = terms.contextFor(name)
        if (found === undefined) socket.destroy()
        else done(null, found)
      },
    })
    const secure = knowsSecureHandle
      ? new SecureSocket(socket, carrier, this)
      : overStream(socket, carrier, this)
    this.#secure = secure
    socket.once('secure', () => handle(this, () => this.#secured(socket, secure)))
  }

  #termsFor(hello: Buffer): Terms | undefined {
    const identities = this.#tools.owner.identities()
    if (identities?.hasChallenges === true && hello.includes(challengeMark, 0, 'latin1')) {
      return {
        standard: identities.anyChallenge!,
        contextFor: (name) => identities.challengeFor(name),
        protocols: [challengeProtocol],
      }
    }
    if (identities?.standard === undefined) return undefined
    return {
      standard: identities.standard,
      contextFor: (name) => identities.contextFor(name),
      protocols: this.#tools.protocols,
    }
  }

  #secured(socket: TLSSocket, secure: ByteStream): void {
    this.#tools.line.left(this)
    // Whoever certifies us has seen what it wanted to (RFC 8737 §3).
    if (socket.alpnProtocol === challengeProtocol) return secure.finish()
    const spoken = socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1'
    this.#handedOn(this.#tools.owner.secured(secure, spoken))
    if (secure instanceof SecureSocket) secure.passTo(this.#next!)
  }

  ended(): void {
    if (this.#next === undefined) this.#socket.destroy()
    else this.#next.ended()
  }

  drained(): void {
    this.#next?.drained()
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    if (this.#next !== undefined) return this.#next.closed(error)
    this.#state = 'over'
    this.#tools.sweeper.remove(this)
    this.#tools.line.left(this)
    this.#tools.owner.left()
  }

  threw(error: unknown): void {
    if (this.#next !== undefined) return this.#next.threw(error)
    this.#tools.owner.bug(error)
    this.#socket.reset()
  }

  sweep(nowMs: number): void {
    if (this.#state === 'waiting') this.#tools.line.look()
    const isLate = nowMs - this.#sinceMs > this.#tools.timeoutMs
    if (isLate || this.#bytesRead() > handshakeBytesMax) this.giveUp()
  }

  giveUp(): void {
    this.#socket.destroy()
  }
}

/** By events, where Node is not as we know it. */
function overStream(socket: TLSSocket, carrier: Socket, sink: ByteSink): ByteStream {
  const made = new ByteSocket(carrier, sink)
  made.putOver(socket)
  socket.on('data', (chunk: Buffer) => handle(sink, () => sink.bytes(chunk, chunk.length)))
  const fails = () => socket.destroy()
  socket.on('error', fails).on('_tlsError', fails)
  return made
}

const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
