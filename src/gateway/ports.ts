// The ports of a gateway, one for each listener in their order. Where listeners change, those that
// stay keep their port, with all who wait at it.
import type { Socket } from 'node:net'
import type { ListenAddress, Parked, Port, takePort } from './port.ts'

export class Ports {
  readonly list: readonly Port[]
  readonly #addresses: readonly ListenAddress[]

  private constructor(addresses: readonly ListenAddress[], list: readonly Port[]) {
    this.#addresses = addresses
    this.list = list
  }

  /** A sentence where one of them cannot be taken: then none is, but those that `before` has. */
  static async take(
    addresses: readonly ListenAddress[],
    take: (at: ListenAddress) => ReturnType<typeof takePort>,
    before?: Ports,
  ): Promise<Ports | { readonly problem: string }> {
    const left = new Map(before?.list.map((port, at) => [port, before.#addresses[at]!]))
    const list: Port[] = []
    for (const address of addresses) {
      const kept = [...left].find(([, held]) => isAt(address, held))?.[0]
      const port = kept ?? (await take(address))
      if ('problem' in port) {
        new Ports(addresses, list).closeBut(before)
        return port
      }
      left.delete(port)
      list.push(port)
    }
    return new Ports(addresses, list)
  }

  has(port: Port): boolean {
    return this.list.includes(port)
  }

  deal(take: (socket: Socket, port: Port) => void): void {
    for (const port of this.list) port.deal((socket) => take(socket, port))
  }

  close(): void {
    for (const port of this.list) port.close()
  }

  /** Lets go of those that the others do not have, and gives them. */
  closeBut(others: Ports | undefined): Port[] {
    const gone = this.list.filter((port) => others?.has(port) !== true)
    for (const port of gone) port.close()
    return gone
  }
}

const isAt = (one: ListenAddress, other: ListenAddress): boolean =>
  one.host === other.host && one.port === other.port

/** What worker `i` of `count` takes over, so that each of a port's is taken over. */
export function shareOf(parked: readonly Parked[], i: number, count: number): Parked[] {
  const seen = new Map<Port, number>()
  return parked.filter(({ port }) => {
    const at = seen.get(port) ?? 0
    seen.set(port, at + 1)
    return at % count === i
  })
}
