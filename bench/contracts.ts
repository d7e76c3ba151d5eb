// The contracts of the cases, made in memory: what is relayed, a document of 10 kB, and the chat
// contract of the examples among 200 more operations.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, object>>
  readonly [field: string]: unknown
}

const ok = { '200': { description: 'Done.' } }

/** What is relayed untouched: two sizes of replies, and a transfer either way. */
export function relayContract(): Document {
  const requestBody = { content: { 'application/octet-stream': {} } }
  return document({
    '/small': { get: { operationId: 'getSmall', responses: ok } },
    '/large': { get: { operationId: 'getLarge', responses: ok } },
    '/transfer': {
      get: { operationId: 'takeTransfer', responses: ok },
      put: { operationId: 'sendTransfer', requestBody, responses: ok },
    },
  })
}

/** `POST /orders` with a body that is checked to its last field. */
export function ordersContract(): Document {
  const content = { 'application/json': { schema: orderSchema } }
  const requestBody = { required: true, content }
  const post = { operationId: 'createOrder', requestBody, responses: { '201': ok['200'] } }
  return document({ '/orders': { post } })
}

/** Fifty resources of four operations each beside the chat's own. */
export function crowdedChatContract(): Document {
  const file = join(import.meta.dirname, '..', 'examples', 'chat', 'openapi.yaml')
  const chat = parse(readFileSync(file, 'utf8')) as Document
  const crowd = Array.from({ length: 50 }, (_, index) => Object.entries(resource(index))).flat()
  return { ...chat, paths: { ...chat.paths, ...Object.fromEntries(crowd) } }
}

function resource(index: number): Record<string, object> {
  const name = `things${index}`
  const content = { 'application/json': { schema: orderSchema } }
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 64 } }
  const requestBody = { required: true, content }
  return {
    [`/${name}`]: {
      get: { operationId: `list-${name}`, responses: ok },
      post: { operationId: `create-${name}`, requestBody, responses: ok },
    },
    [`/${name}/{id}`]: {
      parameters: [id],
      get: { operationId: `read-${name}`, responses: ok },
      put: { operationId: `replace-${name}`, requestBody, responses: ok },
    },
  }
}

function document(paths: Document['paths']): Document {
  return { openapi: '3.1.0', info: { title: 'Bench', version: '1.0.0' }, paths }
}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })

const lineSchema = {
  type: 'object',
  properties: {
    sku: { type: 'string', pattern: '^[A-Z]{3}-[0-9]{5}$' },
    title: text(120),
    quantity: { type: 'integer', minimum: 1, maximum: 1000 },
    price: { type: 'number', minimum: 0 },
    currency: { enum: ['EUR', 'USD', 'GBP'] },
    addedAt: { type: 'string', format: 'date-time' },
    gift: { type: 'boolean' },
    tags: { type: 'array', items: text(20), maxItems: 10 },
    note: { type: ['string', 'null'], maxLength: 200 },
  },
  required: ['sku', 'title', 'quantity', 'price', 'currency', 'addedAt'],
  additionalProperties: false,
}

const orderSchema = {
  type: 'object',
  properties: {
    orderId: { type: 'string', format: 'uuid' },
    customer: text(80),
    lines: { type: 'array', items: lineSchema, minItems: 1, maxItems: 100 },
  },
  required: ['orderId', 'customer', 'lines'],
  additionalProperties: false,
}

/** A valid order of 10 kB: 44 lines of about 230 bytes. */
export function order(): object {
  return {
    orderId: '0f8fad5b-d9cb-469f-a165-70867728950e',
    customer: 'Ada Lovelace',
    lines: Array.from({ length: 44 }, (_, index) => ({
      sku: `ABC-${String(10_000 + index)}`,
      title: `Difference engine, brass, number ${index}`,
      quantity: 1 + index,
      price: 19.99 + index,
      currency: 'EUR',
      addedAt: '2026-03-12T10:30:00Z',
      gift: index % 2 === 0,
      tags: ['brass', 'engine', 'new'],
      note: index % 3 === 0 ? null : 'Handle with care, this side up.',
    })),
  }
}
