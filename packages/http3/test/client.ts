// A client of HTTP/3 for tests: that of the library, past its door, so that what it says of each
// stream is seen as it comes.
import { EventEmitter, once } from 'node:events'
import { native, type NativeEvent } from '../src/native.ts'

interface NativeField {
  readonly name: string
  readonly value: string
}

interface ClientEvent extends NativeEvent {
  readonly headers?: readonly NativeField[]
}

interface NativeClient {
  connect(address: string, name: string): void
  sendRequest(fields: readonly NativeField[], fin: boolean): number
  streamSend(stream: number, data: Buffer, fin: boolean): { readonly status: number }
  streamClose(stream: number, code: number): boolean
  close(code: number, reason: string): boolean
  ackEventBatch(count: number): void
  requestShutdown(): boolean
  joinWorker(): void
}

interface ClientOptions {
  readonly rejectUnauthorized: boolean
  readonly ca?: Buffer
  readonly runtimeMode: 'portable'
  readonly maxIdleTimeoutMs: number
  readonly initialMaxData?: number
  readonly initialMaxStreamDataBidiLocal?: number
  readonly sessionTicket?: Buffer
  readonly allow0Rtt?: boolean
}

type ClientNative = {
  readonly NativeWorkerClient: new (
    options: ClientOptions,
    events: (error: Error | null, events: readonly ClientEvent[]) => void,
  ) => NativeClient
}

export class Reply extends EventEmitter<{ change: [] }> {
  status = 0
  headers: Record<string, string> = {}
  /** Of `set-cookie`, which may stand more than once. */
  cookies: string[] = []
  trailers: Record<string, string> = {}
  interim: number[] = []
  body: Buffer[] = []
  bytes = 0
  state: 'open' | 'ended' | 'broken' = 'open'

  get text(): string {
    return Buffer.concat(this.body).toString()
  }

  /** Waits until something holds of it. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this, 'change')
  }

  async ended(): Promise<this> {
    await this.until(() => this.state !== 'open')
    return this
  }
}

const listOf = (fields: readonly NativeField[]): Record<string, string> =>
  Object.fromEntries(fields.map(({ name, value }) => [name, value]))

export interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  /** Undefined: there is none; `open`: it is sent by and by. */
  readonly body?: Buffer | string | 'open'
}

export class Client extends EventEmitter<{ change: [] }> {
  state: 'connecting' | 'open' | 'closed' = 'connecting'
  closeReason = ''
  closeCode: number | undefined
  isLeaving = false
  ticket: Buffer | undefined
  readonly #native: NativeClient
  readonly #name: string
  readonly #replies = new Map<number, Reply>()

  constructor(port: number, name = 'localhost', options: Partial<ClientOptions> = {}) {
    super()
    this.#name = name
    const { NativeWorkerClient } = native() as unknown as ClientNative
    this.#native = new NativeWorkerClient(
      {
        rejectUnauthorized: false,
        runtimeMode: 'portable',
        maxIdleTimeoutMs: 20_000,
        ...options,
      },
      (_, events) => {
        try {
          for (const event of events) this.#take(event)
        } finally {
          this.#native.ackEventBatch(events.length)
        }
      },
    )
    this.#native.connect(`127.0.0.1:${port}`, name)
  }

  async until(holds: () => boolean): Promise<this> {
    while (!holds()) await once(this, 'change')
    return this
  }

  opened(): Promise<this> {
    return this.until(() => this.state !== 'connecting')
  }

  #take({ eventType, streamId, headers, data, meta }: ClientEvent): void {
    const reply = this.#replies.get(streamId)
    if (eventType === 11) this.state = 'open'
    else if (eventType === 12) this.ticket = Buffer.from(data!)
    else if (eventType === 9) this.isLeaving = true
    else if (eventType === 7) {
      this.state = 'closed'
      this.closeReason = meta?.errorReason ?? ''
      this.closeCode = meta?.errorCode
      for (const one of this.#replies.values()) if (one.state === 'open') one.state = 'broken'
    } else if (reply !== undefined) takeReply(reply, { eventType, headers, data })
    this.emit('change')
    for (const one of this.#replies.values()) one.emit('change')
  }

  ask({ method = 'GET', path = '/', headers = {}, body }: Asked = {}): Reply & { id: number } {
    const fields = {
      ':method': method,
      ':scheme': 'https',
      ':authority': this.#name,
      ':path': path,
    }
    const all = Object.entries({ ...fields, ...headers }).map(([name, value]) => ({ name, value }))
    const id = this.#native.sendRequest(all, body === undefined)
    const reply = Object.assign(new Reply(), { id })
    this.#replies.set(id, reply)
    if (body !== undefined && body !== 'open') this.#sendAll(id, Buffer.from(body))
    return reply
  }

  #sendAll(id: number, bytes: Buffer): void {
    if (!this.send(id, bytes, true)) setTimeout(() => this.#sendAll(id, bytes), 5)
  }

  /** Whether the bytes were taken. */
  send(id: number, bytes: Buffer, isLast: boolean): boolean {
    return this.#native.streamSend(id, bytes, isLast).status === 0
  }

  giveUp(id: number): void {
    this.#native.streamClose(id, 0x10c)
  }

  async close(): Promise<void> {
    if (this.state === 'open') {
      this.#native.close(0x100, '')
      await this.until(() => this.state === 'closed')
    }
    this.#native.requestShutdown()
    this.#native.joinWorker()
  }
}

function takeReply(
  reply: Reply,
  {
    eventType,
    headers,
    data,
  }: { eventType: number; headers: ClientEvent['headers']; data: Buffer | undefined },
): void {
  if (eventType === 3) {
    const list = listOf(headers ?? [])
    const status = Number(list[':status'] ?? 0)
    if (status >= 100 && status < 200) reply.interim.push(status)
    else if (reply.status === 0) {
      const cookies = headers?.filter(({ name }) => name === 'set-cookie').map(({ value }) => value)
      Object.assign(reply, { status, headers: list, cookies })
    } else reply.trailers = list
  }
  if (data !== undefined) {
    reply.body.push(Buffer.from(data))
    reply.bytes += data.length
  }
  if (eventType === 5) reply.state = 'ended'
  if (eventType === 6 || eventType === 10) reply.state = 'broken'
}
