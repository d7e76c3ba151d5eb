// The service that is not there, on a port of this machine that nobody else is told: what the
// gateway forwards comes here and is answered by the mock.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stackOf, systemClock } from '../base.ts'
import type { Mock, MockReply, MockRequest } from '../mock.ts'

export interface MockService {
  readonly url: string
  /** From now on. */
  answerWith(mock: Mock): void
  close(): Promise<void>
}

/** Larger bodies are read to their end and not looked at. */
const bodyBytesMax = 16 * 1024 * 1024

export async function startMockService(report: (error: string) => void): Promise<MockService> {
  let mock: Mock | undefined
  const server = createServer((request, response) => {
    answer(mock, request, response).catch((error: unknown) => {
      report(stackOf(error))
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    answerWith(next) {
      mock = next
    },
    async close() {
      const closed = once(server, 'close')
      server.close().closeAllConnections()
      await closed
    },
  }
}

async function answer(
  mock: Mock | undefined,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRequest(incoming)
  if (mock === undefined) {
    response.writeHead(503).end()
    return
  }
  const reply = mock.answer(request)
  if (reply.delayMs === 0) return send(response, reply)
  const cancel = systemClock.after(reply.delayMs, () => send(response, reply))
  // Who is gone waits for nothing.
  response.once('close', cancel)
}

function send(response: ServerResponse, { status, headers, body, isReset }: MockReply): void {
  if (isReset) {
    response.socket?.resetAndDestroy()
    return
  }
  const isBodiless = status === 204 || status === 304
  const length = isBodiless ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  response.writeHead(status, [...headers.flat(), ...length]).end(body)
}

async function readRequest(incoming: IncomingMessage): Promise<MockRequest> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes <= bodyBytesMax) pieces.push(piece)
  }
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return {
    method: incoming.method ?? 'GET',
    target: incoming.url ?? '/',
    headers,
    body: bytes > bodyBytesMax ? '' : Buffer.concat(pieces).toString('utf8'),
  }
}
