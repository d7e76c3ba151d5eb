// Fastify behind the gateway, in one process: what breaks the contract never reaches a handler.
import { createGateway } from 'concordat'
import { fastify } from 'fastify'

const app = fastify({ trustProxy: 'loopback' })
app.post<{ Body: { text: string } }>('/notes', async (request, reply) => {
  reply.code(201)
  return { text: request.body.text, from: request.ip }
})
await app.ready()

const gateway = await createGateway({
  contract: `${import.meta.dirname}/openapi.yaml`,
  to: app.server,
  port: Number(process.env['PORT'] ?? 8080),
})
const { url } = await gateway.listen()
console.log(`notes: ${url}/notes`)

process.once('SIGTERM', async () => {
  await gateway.close()
  await app.close()
})
