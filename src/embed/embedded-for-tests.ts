// Gateways with a program behind them in this process, and clients of them, for tests.
import { once } from 'node:events'
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../embed.ts'

export const notesContract = `openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
x-concordat: { limits: { bodyBytesMax: 4294967296 } }
paths:
  /notes:
    get: { responses: { '200': { description: ok } } }
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [text]
              properties: { text: { type: string } }
      responses: { '201': { description: created } }
  /blob:
    put:
      requestBody: { content: { application/octet-stream: {} } }
      responses: { '200': { description: ok } }
`

/** Without a limit by address, for tests ask more often than clients may. */
export const config = 'policies: { limit: { mode: off } }\n'

/** Gives a gateway that listens; it is closed with the test. */
export async function served(
  t: TestContext,
  options: Partial<GatewayOptions>,
): Promise<{ gateway: Gateway; url: string; port: number; folder: string }> {
  const folder = folderWith(t, { 'notes.yaml': notesContract, 'concordat.yaml': config })
  const files = { contract: join(folder, 'notes.yaml'), config: join(folder, 'concordat.yaml') }
  const gateway = await createGateway({ ...files, port: 0, ...options })
  t.after(() => gateway.close({ timeoutMs: 0 }))
  return { gateway, folder, ...(await gateway.listen()) }
}

export interface Asked {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

/** Sends a whole request and gives the reply once its head is there. */
export async function asked(url: string, { method, headers = {}, body }: Asked = {}) {
  const sent = request(url, { method: method ?? 'GET', headers, agent: false })
  sent.end(body)
  const [reply] = (await once(sent, 'response')) as [IncomingMessage]
  return reply
}

export async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of message.setEncoding('utf8')) text += piece
  return text
}

export const post = (url: string, body: object): Promise<IncomingMessage> => {
  const headers = { 'Content-Type': 'application/json' }
  return asked(`${url}/notes`, { method: 'POST', headers, body: JSON.stringify(body) })
}
