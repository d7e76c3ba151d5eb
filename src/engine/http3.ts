// HTTP/3 beside the listeners that have it: over a transport of QUIC, which a package of its own
// brings and which is imported where a listener asks for it alone; and what replies on the same
// listener's TCP connections say of it (`Alt-Svc`, RFC 7838).
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Clock, type Limits, type Occupancy, type Refusal } from '../base.ts'
import type { Stream } from '../http.ts'
import {
  Http3Connection,
  noTlsMaterial,
  type QuicListener,
  type QuicPackage,
  type Sweeper,
  type TlsMaterial,
} from '../wire.ts'

/** Of a listener that has it. */
export interface Http3Place {
  /** Where it listens, on UDP as on TCP. */
  readonly host: string
  /** The port that clients see, where it is another one. */
  readonly seenPort?: number
}

export interface Http3Tools {
  readonly clock: Clock
  readonly sweeper: Sweeper
  readonly limits: () => Limits
  readonly occupancy: () => Occupancy
  readonly isTrustedHop: (address: string) => boolean
  readonly exchange: (stream: Stream) => void
  readonly malformed: (stream: Stream, refusal: Refusal) => void
  readonly bug: (error: unknown) => void
  readonly warn: (sentence: string) => void
  /** Imports the package, where not as it is installed. */
  readonly load?: () => Promise<QuicPackage>
}

interface Opened {
  readonly quic: QuicListener
  /** What replies on TCP say. */
  line: string
}

/** How long a client may remember that it is there. */
const rememberedSeconds = 86_400
const packageName = 'concordat-http3'

export class Http3Listeners {
  readonly #tools: Http3Tools
  #material: TlsMaterial = noTlsMaterial
  readonly #opened = new Map<number, Opened>()
  #isDraining = false
  #isOver = false

  constructor(tools: Http3Tools) {
    this.#tools = tools
  }

  /** Rejects where it cannot be served there. */
  async open(listener: number, { host, seenPort }: Http3Place, port: number): Promise<void> {
    const { load = loadPackage, ...tools } = this.#tools
    const { listenQuic } = await load()
    const quic = await listenQuic({
      ...tools,
      occupancy: tools.occupancy(),
      host,
      port,
      protocol: 'h3',
      material: this.#material,
      accept: (connection) => new Http3Connection(tools, connection),
    })
    if (this.#isOver) return quic.close()
    if (this.#isDraining) quic.drain()
    const line = `Alt-Svc: h3=":${seenPort ?? port}"; ma=${rememberedSeconds}\r\n`
    this.#opened.set(listener, { quic, line: this.#isDraining ? clear : line })
  }

  /** Header lines for replies on TCP connections of a listener. */
  linesOf(listener: number): string {
    return this.#opened.get(listener)?.line ?? ''
  }

  /** What it proves itself by from now on; what is opened later begins with it. */
  renew(material: TlsMaterial): void {
    this.#material = material
    for (const { quic } of this.#opened.values()) quic.renew(material)
  }

  get connections(): number {
    return this.#sum((quic) => quic.connections)
  }

  get refusedConnections(): number {
    return this.#sum((quic) => quic.refusedConnections)
  }

  #sum(count: (quic: QuicListener) => number): number {
    let sum = 0
    for (const { quic } of this.#opened.values()) sum += count(quic)
    return sum
  }

  drain(): void {
    this.#isDraining = true
    for (const opened of this.#opened.values()) {
      opened.line = clear
      opened.quic.drain()
    }
  }

  async close(noticeMs: number): Promise<void> {
    this.#isOver = true
    await Promise.all([...this.#opened.values()].map(({ quic }) => quic.close(noticeMs)))
  }

  destroy(): void {
    for (const { quic } of this.#opened.values()) quic.destroy()
  }
}

const clear = 'Alt-Svc: clear\r\n'

/** Installed beside this package, or where the program was started. */
async function loadPackage(): Promise<QuicPackage> {
  try {
    return await import(packageName)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  try {
    const here = createRequire(join(process.cwd(), 'package.json'))
    return await import(pathToFileURL(here.resolve(packageName)).href)
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new Error(`HTTP/3 needs a package of its own: npm install ${packageName}`, {
      cause: error,
    })
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}
