// An endpoint of HTTP/2 that attacks: it greets as any other, and plays its part as soon as it is
// asked for something.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { settingsAck, settingsFrame } from '../../../src/wire/http2/frames.ts'
import { sleep } from './attacker.ts'
import { FrameEar } from './frame-ear.ts'

/** What it says to a request, piece by piece until it is cut off; undefined: no more. */
export type Part = (id: number, round: number) => string | undefined

export class HostileEndpoint {
  /** Of the next connection. */
  greeting = settingsFrame([]) + settingsAck
  part: Part = () => undefined
  ears: FrameEar[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async open(): Promise<HostileEndpoint> {
    const endpoint = new HostileEndpoint(createServer({ noDelay: true }))
    await new Promise<void>((done) => endpoint.#server.listen(0, '127.0.0.1', 4_096, done))
    return endpoint
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Whether the gateway leaves it, soon. */
  async isLeft(): Promise<boolean> {
    for (let i = 0; i < 400 && this.#sockets.size > 0; i++) await sleep(5)
    return this.#sockets.size === 0
  }

  /** Leaves whoever is connected, to begin anew. */
  play(part: Part, greeting = settingsFrame([]) + settingsAck): void {
    this.part = part
    this.greeting = greeting
    this.ears = []
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.play(() => undefined)
    this.#server.close()
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
    const ear = new FrameEar(true)
    this.ears.push(ear)
    const { part } = this
    ear.asked = (id) => void play(socket, part, id)
    socket.on('data', ear.hear)
    socket.write(Buffer.from(this.greeting, 'latin1'))
  }
}

async function play(socket: Socket, part: Part, id: number): Promise<void> {
  for (let round = 0; !socket.destroyed; round++) {
    const piece = part(id, round)
    if (piece === undefined) return
    socket.write(Buffer.from(piece, 'latin1'))
    if (socket.writableNeedDrain) await roomOrEnd(socket)
    else await new Promise((resolve) => setImmediate(resolve))
  }
}

const roomOrEnd = (socket: Socket) =>
  new Promise<void>((resolve) => {
    const over = () => {
      socket.off('drain', over).off('close', over)
      resolve()
    }
    socket.on('drain', over).on('close', over)
  })
