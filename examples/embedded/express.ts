// Express behind the gateway, in one process: what breaks the contract never reaches a handler.
import { createGateway } from 'concordat'
import express from 'express'

const app = express()
app.set('trust proxy', 'loopback')
app.post('/notes', express.json(), (request, response) => {
  response.status(201).json({ text: request.body.text, from: request.ip })
})

const gateway = await createGateway({
  contract: `${import.meta.dirname}/openapi.yaml`,
  to: app,
  port: Number(process.env['PORT'] ?? 8080),
})
const { url } = await gateway.listen()
console.log(`notes: ${url}/notes`)

process.once('SIGTERM', () => gateway.close())
