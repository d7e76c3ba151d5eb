// Runs the chat as a program:
// node examples/chat/main.ts [--port 3000] [--grpc-port 3001] [--database FILE]
import { once } from 'node:events'
import { createServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { parseArgs } from 'node:util'
import { createChat, httpServer } from './server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3000' },
    'grpc-port': { type: 'string' },
    database: { type: 'string', default: ':memory:' },
  },
})

const chat = createChat({ database: values.database })
const http = httpServer(() => chat)
const grpc = createServer().on('stream', chat.call)
const sessions = new Set<ServerHttp2Session>()
grpc.on('session', (session) => {
  sessions.add(session)
  session.on('close', () => sessions.delete(session))
})

const httpPort = await listening(http, Number(values.port))
const grpcPort = await listening(grpc, Number(values['grpc-port'] ?? portBehind(values.port)))
console.log(`chat listens on http://127.0.0.1:${httpPort}, for gRPC on h2c://127.0.0.1:${grpcPort}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())

/** The next one; any free one where any was wanted. */
function portBehind(port: string): number {
  return port === '0' ? 0 : Number(port) + 1
}

async function listening(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch((error: Error) => {
    console.error(`chat: ${error.message}`)
    process.exit(1)
  })
  return (server.address() as AddressInfo).port
}

/** Requests under way are answered; streams and idle connections are closed at once. */
async function stop(): Promise<void> {
  chat.endStreams()
  const closed = [http, grpc].map((server) => once(server, 'close'))
  http.close()
  grpc.close()
  sessions.forEach((session) => session.close())
  await Promise.all(closed)
  chat.close()
}
