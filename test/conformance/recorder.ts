// An upstream that remembers every request as it came, read by Node's own parser.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Field = readonly [name: string, value: string]

export interface Recorded {
  readonly method: string
  readonly target: string
  readonly headers: readonly Field[]
  readonly body: Buffer
}

export interface Recorder {
  readonly port: number
  /** What has come since the last call. */
  readonly take: () => Recorded[]
  readonly close: () => Promise<void>
}

/** Answers everything with 200, a header and a body that count its requests. */
export async function startRecorder(): Promise<Recorder> {
  let recorded: Recorded[] = []
  let count = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    recorded.push({
      method: request.method ?? '',
      target: request.url ?? '',
      headers: fieldsOf(request.rawHeaders),
      body: Buffer.concat(chunks),
    })
    const body = JSON.stringify({ recorded: ++count })
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      'X-Recorded': String(count),
    })
    response.end(body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = recorded
      recorded = []
      return taken
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

export function fieldsOf(rawHeaders: readonly string[]): Field[] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, i) => [
    rawHeaders[2 * i]!,
    rawHeaders[2 * i + 1]!,
  ])
}
