// Hono behind the gateway, in one process: what breaks the contract never reaches a handler.
import { getRequestListener } from '@hono/node-server'
import { createGateway } from 'concordat'
import { Hono } from 'hono'

const app = new Hono()
app.post('/notes', async (context) => {
  const { text } = await context.req.json()
  return context.json({ text, from: context.req.header('X-Forwarded-For') }, 201)
})

const gateway = await createGateway({
  contract: `${import.meta.dirname}/openapi.yaml`,
  to: getRequestListener(app.fetch),
  port: Number(process.env['PORT'] ?? 8080),
})
const { url } = await gateway.listen()
console.log(`notes: ${url}/notes`)

process.once('SIGTERM', () => gateway.close())
