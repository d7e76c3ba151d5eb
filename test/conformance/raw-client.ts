// A client that sends exactly the bytes it is given, one request after another on one connection,
// and opens another where the server has closed it.
import { connect, type Socket } from 'node:net'

export interface RawReply {
  readonly status: number
  /** By lower-case name; of a repeated field the last value. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export interface RawClient {
  readonly send: (bytes: Buffer, method: string) => Promise<RawReply>
  readonly close: () => void
}

export function rawClient(port: number): RawClient {
  let socket: Socket | undefined
  return {
    send(bytes, method) {
      if (socket === undefined || socket.destroyed || socket.readableEnded) {
        socket = connect(port, '127.0.0.1')
      }
      return oneReply(socket, bytes, method)
    },
    close: () => socket?.destroy(),
  }
}

function oneReply(socket: Socket, bytes: Buffer, method: string): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const settle = (outcome: RawReply | Error) => {
      socket.removeAllListeners()
      if (outcome instanceof Error) {
        socket.destroy()
        return reject(outcome)
      }
      if (outcome.headers.get('connection') === 'close') socket.destroy()
      resolve(outcome)
    }
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const reply = readReply(received, method)
      if (reply !== undefined) settle(reply)
    })
    socket.on('error', settle)
    socket.on('close', () => settle(new Error(`closed after ${received.toString('latin1')}`)))
    socket.write(bytes)
  })
}

/** The reply once it is whole; undefined until then. */
function readReply(bytes: Buffer, method: string): RawReply | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1])
  const rest = bytes.subarray(end + 4)
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304
  const body = hasBody ? readBody(rest, headers) : Buffer.alloc(0)
  return body && { status, headers, body }
}

function readBody(rest: Buffer, headers: ReadonlyMap<string, string>): Buffer | undefined {
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(rest)
  const length = Number(headers.get('content-length'))
  return rest.length < length ? undefined : rest.subarray(0, length)
}

function readChunks(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16)
    if (bytes.length < end + 2 + size + 2) return undefined
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}
