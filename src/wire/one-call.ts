// A connection of HTTP/1.1 as one that carries calls: one at a time. For endpoints that were offered
// HTTP/2 and chose otherwise.
import { assert } from '../base.ts'
import type { ByteSink, ByteStream } from './bytes.ts'
import type { Call } from './call.ts'
import type { Carrier, CarrierTools } from './carrier.ts'
import type { Connect } from './connect.ts'
import type { Greeted } from './http2/client-connection.ts'
import { ClientConnection, type ConnectionKeeper } from './client-connection.ts'

export class OneCall implements Carrier, ConnectionKeeper {
  readonly callsMax = 1
  readonly sink: ByteSink
  readonly #tools: CarrierTools
  readonly #greeted: Greeted
  readonly #connection: ClientConnection
  #open = (): void => {}
  #isTaken = false

  /** The socket has opened; `start` must follow at once. */
  constructor(socket: ByteStream, tools: CarrierTools, greeted: Greeted) {
    this.#tools = tools
    this.#greeted = greeted
    const adopt: Connect = (_address, _sink, opened) => {
      this.#open = opened
      return socket
    }
    this.#connection = new ClientConnection(nowhere, { ...tools, keeper: this }, adopt)
    this.sink = this.#connection
  }

  start(): void {
    this.#open()
  }

  get room(): number {
    return !this.#isTaken && this.#connection.usable ? 1 : 0
  }

  get calls(): number {
    return this.#isTaken ? 1 : 0
  }

  takeCall(): Call {
    assert(!this.#isTaken, 'a connection of HTTP/1.1 carries one call')
    this.#isTaken = true
    return this.#connection
  }

  release(call: Call): boolean {
    if (call !== this.#connection) return false
    if (this.#connection.usable) this.freed()
    return true
  }

  close(): void {
    this.#connection.close()
  }

  opened(): void {
    this.#greeted.greeted()
  }

  freed(): void {
    this.#isTaken = false
    this.#tools.keeper.freed(this)
  }

  upgraded(): void {
    this.#tools.keeper.upgraded(this)
  }

  closed(): void {
    this.#tools.keeper.closed(this)
  }
}

/** It is there already. */
const nowhere = { host: '', port: 0 }
