// Clients of whom it is not known yet which name they ask for: their first packets wait here until
// the ClientHello says so, a few of them and not for long.
import { ClientHello } from './client-hello.ts'

interface Waiting {
  readonly hello: ClientHello
  readonly packets: Buffer[]
}

const clientsMax = 512
const packetsMax = 6

export class Undecided {
  readonly #waiting = new Map<string, Waiting>()

  /**
   * Takes a first packet of a client; undefined where its name is not known yet. Else all its
   * packets so far, and the name.
   */
  take(
    key: string,
    destination: Buffer,
    packet: Buffer,
  ): { readonly name: string | undefined; readonly packets: readonly Buffer[] } | undefined {
    const waiting = this.#waiting.get(key) ?? this.#begin(key, destination)
    waiting.packets.push(packet)
    const asked = waiting.hello.take(packet)
    if (asked === undefined && waiting.packets.length < packetsMax) return undefined
    this.#waiting.delete(key)
    return { name: asked?.name, packets: waiting.packets }
  }

  #begin(key: string, destination: Buffer): Waiting {
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size >= clientsMax && oldest !== undefined) this.#waiting.delete(oldest)
    const waiting = { hello: new ClientHello(destination), packets: [] }
    this.#waiting.set(key, waiting)
    return waiting
  }
}
