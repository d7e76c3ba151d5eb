// Contracts of any size, and requests for them: five operations a resource in the shapes that
// contracts have, resources in areas, each with a schema of its own.
import { seededRandom } from '../src/base.ts'
import { get, post } from './cases.ts'

export const operationsPerResource = 5
const resourcesPerArea = 20

const place = (resource: number): string =>
  `/v1/area${Math.floor(resource / resourcesPerArea)}/things${resource}`

/** `operations` is a multiple of five. */
export function scaleContract(operations: number): object {
  const numbers = Array.from({ length: operations / operationsPerResource }, (_, at) => at)
  return {
    openapi: '3.1.0',
    info: { title: `Scale ${operations}`, version: '1.0.0' },
    paths: Object.fromEntries(numbers.flatMap((at) => Object.entries(pathsOf(at)))),
    components: {
      parameters: { Limit: limit },
      responses: { Gone: { description: 'There is no such thing.' } },
      schemas: Object.fromEntries(numbers.map((at) => [`Thing${at}`, thing(at)])),
    },
  }
}

const limit = {
  name: 'limit',
  in: 'query',
  description: 'How many things to list.',
  schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })

const pathParameter = (name: string) => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: '^[a-z]+_[A-Za-z0-9]+$', maxLength: 40 },
})

const thing = (at: number) => ({
  type: 'object',
  required: ['name', 'kind'],
  properties: {
    name: text(80),
    kind: { enum: ['plain', 'fancy', `special${at}`] },
    size: { type: 'integer', minimum: 0, maximum: 1000 + at },
    createdAt: { type: 'string', format: 'date-time' },
    tags: { type: 'array', items: text(20), maxItems: 10 },
  },
})

function pathsOf(at: number): Record<string, object> {
  const json = { 'application/json': { schema: { $ref: `#/components/schemas/Thing${at}` } } }
  const requestBody = { required: true, content: json }
  const responses = {
    '200': { description: 'The thing.', content: json },
    '404': { $ref: '#/components/responses/Gone' },
  }
  const thingId = pathParameter('thingId')
  const partId = pathParameter('partId')
  const named = (verb: string) => ({ operationId: `${verb}-${at}`, summary: `To ${verb} it.` })
  return {
    [place(at)]: {
      get: { ...named('list'), parameters: [{ $ref: '#/components/parameters/Limit' }], responses },
      post: { ...named('create'), requestBody, responses },
    },
    [`${place(at)}/{thingId}`]: {
      parameters: [thingId],
      get: { ...named('read'), responses },
    },
    [`${place(at)}/{thingId}/parts/{partId}`]: {
      parameters: [thingId, partId],
      get: { ...named('part'), responses },
    },
    [`${place(at)}/{thingId}/parts/{partId}/files/{name}.{kind}`]: {
      parameters: [thingId, partId, filePart('name'), filePart('kind')],
      get: { ...named('file'), responses },
    },
  }
}

const filePart = (name: string) => ({ name, in: 'path', required: true, schema: text(40) })

/** A request for one operation, by its number. */
export function scaleRequest(operation: number): string {
  const resource = Math.floor(operation / operationsPerResource)
  const path = place(resource)
  const one = `${path}/th_${resource}a${operation}`
  const part = `${one}/parts/pt_${operation}`
  const requests = [
    () => get(`${path}?limit=${1 + (operation % 100)}`),
    () => post(path, { name: `Thing ${operation}`, kind: 'plain', size: operation % 1000 }),
    () => get(one),
    () => get(part),
    () => get(`${part}/files/report${operation}.pdf`),
  ]
  return requests[operation % operationsPerResource]?.() ?? ''
}

/** Requests for a few operations spread over the table, all shapes alike; for all where it is small. */
export function hotRequests(operations: number, hotMax: number): string[] {
  const resources = operations / operationsPerResource
  const wanted = Math.min(resources, Math.ceil(hotMax / operationsPerResource))
  const gap = resources / wanted
  const numbers = Array.from({ length: wanted }, (_, at) => Math.floor(at * gap)).flatMap(
    (resource) =>
      Array.from({ length: operationsPerResource }, (_, i) => resource * operationsPerResource + i),
  )
  return numbers.slice(0, hotMax).map(scaleRequest)
}

/** Requests for operations drawn at random out of all, the same ones each time. */
export function anyRequests(operations: number, count: number): string[] {
  const random = seededRandom(1)
  return Array.from({ length: count }, () => scaleRequest(Math.floor(random() * operations)))
}
