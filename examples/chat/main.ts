// Runs the chat as a program: node examples/chat/main.ts [--port 3000] [--database FILE]
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { createChat } from './server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3000' },
    database: { type: 'string', default: ':memory:' },
  },
})

const chat = createChat({ database: values.database })
const server = createServer(chat.handle)
server.on('error', (error) => {
  console.error(`chat: ${error.message}`)
  process.exit(1)
})
server.listen(Number(values.port), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`chat listens on http://127.0.0.1:${port}`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // Requests under way are answered; idle connections are closed at once.
    server.close(() => chat.close())
    server.closeIdleConnections()
  })
}
