// TLS to an endpoint: always verified, by the system's roots or by CAs that are given, and there is
// no switch to leave that out. What the kernel is given lies in `carrier`, a plain socket; TLS
// stands over it, so that a reset, how much was taken and a preface mean what they mean without.
//
// It reads by 'data' events: with a buffer of our own Node hands on what it has decrypted even
// after a pause.
import { constants } from 'node:crypto'
import { connect, isIP } from 'node:net'
import {
  connect as startTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { type ByteSink, ByteSocket, handle } from './bytes.ts'
import { type Address, type Connect, placeOf, plainSettings } from './connect.ts'
import { TlsFailure, tlsFailureText } from './tls-failure.ts'

/** PEM texts. */
export interface TlsMaterial {
  /** Whose certificates are believed; undefined: the system's roots. */
  readonly ca?: string | undefined
  /** The client's own, its chain behind it, and the key to it. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export type TlsContext = SecureContext

export interface TlsTerms {
  readonly context: TlsContext
  /** What the endpoint is asked for and must prove to be; undefined: its host. */
  readonly serverName: string | undefined
  /** What is offered, the best first (ALPN); undefined: HTTP/1.1 alone. */
  readonly protocols?: readonly string[] | undefined
}

/** Versions are named, lest a flag of the process lowers them. Throws where OpenSSL takes none of it. */
export function tlsContext({ ca, cert, key }: TlsMaterial): SecureContext {
  const isPlain = ca === undefined && cert === undefined
  if (isPlain && plainContext !== undefined) return plainContext
  const context = createSecureContext({
    ca: ca ?? systemRoots(),
    cert,
    key,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
  })
  if (isPlain) plainContext = context
  return context
}

/** The system's roots take 40 ms of CPU: once a thread, and only where an endpoint needs them. */
let plainContext: SecureContext | undefined
let roots: readonly string[] | undefined

/** An image without certificates of its own has those that Node brings. */
function systemRoots(): string[] {
  if (roots === undefined) {
    const ofSystem = getCACertificates('system')
    const found = ofSystem.length > 0 ? ofSystem : getCACertificates('bundled')
    roots = [...new Set([...found, ...getCACertificates('extra')])]
  }
  return [...roots]
}

/** Opens connections to one endpoint; each resumes the session of the one before, where it can. */
export function tlsConnect(terms: TlsTerms): Connect {
  let session: Buffer | undefined
  const keep = (latest: Buffer | undefined) => {
    session = latest
  }
  return (address, sink, opened, preface) => {
    const carrier = connect({ ...placeOf(address), ...plainSettings })
    if (preface !== undefined) carrier.write(preface)
    const ears = new TlsSink(sink)
    const made = new ByteSocket(carrier, ears)
    // Not before: of a name with several addresses Node changes the handle under the socket until
    // one answers, and TLS over a handle that is gone ends the process.
    carrier.once('connect', () => {
      ears.at = 'handshake'
      const socket = startTls({ socket: carrier, ...optionsOf(terms, address), session })
      made.putOver(socket)
      listenTo(socket, ears, opened)
      keepSession(socket, ears, keep)
    })
    return made
  }
}

function listenTo(socket: TLSSocket, ears: TlsSink, opened: (protocol?: string) => void): void {
  socket.on('data', (chunk: Buffer) => handle(ears, () => ears.bytes(chunk, chunk.length)))
  // Of an alert behind the handshake Node tells, and leaves the socket open.
  socket.on('error', () => socket.destroy())
  socket.once('secureConnect', () => {
    ears.at = 'secured'
    handle(ears, () => opened(socket.alpnProtocol || undefined))
  })
}

function optionsOf({ context, serverName, protocols }: TlsTerms, address: Address) {
  const host = serverName ?? ('host' in address ? address.host : 'localhost')
  return {
    secureContext: context,
    // What its certificate must name. An address is no server name (RFC 6066 §3): none is sent.
    host,
    servername: isIP(host) === 0 ? host : '',
    rejectUnauthorized: true,
    ALPNProtocols: [...(protocols ?? ['http/1.1'])],
  }
}

/** A session comes before its certificate is judged or behind; of one that failed none is kept. */
function keepSession(
  socket: TLSSocket,
  ears: TlsSink,
  keep: (session: Buffer | undefined) => void,
) {
  let latest: Buffer | undefined
  socket.on('session', (session: Buffer) => {
    latest = session
    if (ears.at === 'secured') keep(session)
  })
  socket.once('secureConnect', () => {
    if (latest !== undefined) keep(latest)
  })
  socket.once('close', () => {
    // A service that forgot its tickets must not be offered one forever.
    if (ears.at !== 'secured') keep(undefined)
  })
}

/** Between the socket and who listens: says of an error whether TLS is what failed. */
class TlsSink implements ByteSink {
  at: 'connecting' | 'handshake' | 'secured' = 'connecting'
  readonly #sink: ByteSink

  constructor(sink: ByteSink) {
    this.#sink = sink
  }

  bytes(buffer: Buffer, length: number): void {
    this.#sink.bytes(buffer, length)
  }

  ended(): void {
    this.#sink.ended()
  }

  drained(): void {
    this.#sink.drained()
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    const isOfTls = this.at === 'handshake' || error?.code?.startsWith('ERR_SSL_') === true
    if (error === undefined || !isOfTls) return this.#sink.closed(error)
    this.#sink.closed(new TlsFailure(tlsFailureText(error)))
  }

  threw(error: unknown): void {
    this.#sink.threw(error)
  }
}
