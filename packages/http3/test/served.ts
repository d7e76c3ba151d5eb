// A listener for tests: the front, HTTP/3 over it as a worker of the gateway makes it, and whatever
// a test does with the streams.
import { createSocket } from 'node:dgram'
import { after } from 'node:test'
import {
  defaultLimits,
  type Limits,
  type Refusal,
  soleOccupancy,
  systemClock,
} from '../../../src/base.ts'
import type { Stream, StreamEvents } from '../../../src/http.ts'
import { Http3Connection, Sweeper, type TlsMaterial } from '../../../src/wire.ts'
import { type Authority, makeAuthority, makeCertificate } from '../../../test/certificates.ts'
import { listenQuic } from '../src/concordat-http3.ts'
import { Client } from './client.ts'

export interface ServedOptions {
  readonly limits?: Partial<Limits>
  readonly names?: readonly (readonly string[])[]
  readonly port?: number
  readonly serve?: (stream: Stream, refusal?: Refusal) => void
}

/** Answers with what was asked: the head of a request without a body, or the body. */
export function echo(stream: Stream, refusal?: Refusal): void {
  const pieces: Buffer[] = []
  const events: StreamEvents = {
    requestPiece: (piece) => void pieces.push(Buffer.from(piece as Buffer)),
    requestEnded: (trailers) => reply(Buffer.concat(pieces), trailers),
    requestBroken: (broken) => reply(Buffer.from(broken.code), []),
    clientWritable() {},
    clientGone() {},
  }
  const reply = (body: Buffer, trailers: readonly string[]) => {
    stream.sendHead('200 OK', '', 'streamed')
    stream.sendPiece(body)
    stream.sendEnd(trailers)
  }
  stream.attach(events)
  if (refusal !== undefined) {
    stream.sendHead('400 Bad Request', '', 'streamed')
    stream.sendPiece(refusal.code)
    stream.sendEnd([])
  } else if (stream.head.bodyLength === 'none') {
    reply(Buffer.from(`${stream.head.method} ${stream.head.target} ${stream.peer.address}`), [])
  } else stream.readBody()
}

/** For each list of names an authority of its own and a certificate of it, made once. */
const made = new Map<string, { readonly authority: Authority; readonly cert: Authority }>()

export function authorityOf(names: readonly string[], generation = 1): Buffer {
  return Buffer.from(certified(names, generation).authority.cert)
}

function certified(names: readonly string[], generation: number) {
  const key = `${generation} ${names.join()}`
  const known = made.get(key)
  if (known !== undefined) return known
  const authority = makeAuthority(`authority ${key}`)
  const one = { authority, cert: makeCertificate({ names, issuer: authority }) }
  made.set(key, one)
  return one
}

export function materialFor(names: readonly (readonly string[])[], generation = 1): TlsMaterial {
  const certificates = names.map((one) => {
    const { cert, key } = certified(one, generation).cert
    return { names: one, cert, key }
  })
  return { certificates, ticketKeys: new Uint8Array(48).fill(7), challenges: [], answers: [] }
}

export async function served(options: ServedOptions = {}) {
  const bugs: unknown[] = []
  const warnings: string[] = []
  const holds: boolean[] = []
  const sweeper = new Sweeper(systemClock, (error) => bugs.push(error))
  const limits = (): Limits => ({ ...defaultLimits, ...options.limits })
  const serve = options.serve ?? echo
  const tools = {
    sweeper,
    limits,
    exchange: serve,
    malformed: serve,
    bug: (e: unknown) => void bugs.push(e),
  }
  const port = options.port ?? (await freePort())
  const occupancy = soleOccupancy(Math.random)
  const listener = await listenQuic({
    host: '127.0.0.1',
    port,
    protocol: 'h3',
    material: materialFor(options.names ?? [['localhost']]),
    clock: systemClock,
    limits,
    isTrustedHop: () => false,
    occupancy,
    accept(quic) {
      const hold = quic.hold.bind(quic)
      quic.hold = (isHeld) => {
        holds.push(isHeld)
        hold(isHeld)
      }
      return new Http3Connection(tools, quic)
    },
    bug: tools.bug,
    warn: (sentence) => void warnings.push(sentence),
  })
  const clients: Client[] = []
  after(async () => {
    listener.destroy()
    await listener.close()
    await Promise.all(clients.map((client) => client.close()))
    sweeper.stop()
  })
  return {
    port,
    listener,
    occupancy,
    bugs,
    warnings,
    /** Whenever a client was slowed down, and let go on. */
    holds,
    async client(name?: string, more?: ConstructorParameters<typeof Client>[2]) {
      const client = new Client(port, name, more)
      clients.push(client)
      return client.opened()
    },
  }
}

/** Of UDP. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(resolve))
  return port
}
