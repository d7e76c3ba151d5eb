// Configurations that differ from one version to the next in everything that may change while it
// serves: routes, schemas, policies and upstreams. Every reply carries the number of the version that
// made it, so what it must be is known exactly.
import type { Files } from './program.ts'

export const markerField = 'x-version'

export interface VersionSetup {
  readonly endpoints: readonly string[]
  readonly workers: number
  /** What stands in `concordat.yaml` beside it all. */
  readonly config?: object
}

/** The contract has a name of its own in each version: one move of one file changes everything. */
export function filesOf(version: number, setup: VersionSetup): Files {
  return {
    [contractName(version)]: JSON.stringify(contractOf(version)),
    'concordat.yaml': JSON.stringify(configOf(version, setup)),
  }
}

export const contractName = (version: number): string => `api-${version}.json`

/** The operation that this version alone has. */
export const seasonPath = (version: number): string => `/seasons/s${version}`

/** The most that this version lets an order have. */
export const quantityMax = (version: number): number => 10 + (version % 7)

/** A property of an order that this version alone knows. */
export const noteName = (version: number): string => `note${version}`

/** Which of the endpoints this version has: all but one, in turn. */
export function endpointsOf<T>(version: number, all: readonly T[]): readonly T[] {
  return all.length === 1 ? all : all.filter((_, at) => at !== version % all.length)
}

function configOf(version: number, { endpoints, workers, config = {} }: VersionSetup): object {
  return {
    contract: contractName(version),
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    workers,
    log: { access: 'off' },
    upstreams: { service: { endpoints: endpointsOf(version, endpoints) } },
    policies: {
      limit: { requestsMax: 1_000_000 + version, windowMs: 1_000, burstMax: 1_000_000 + version },
      'secure-headers': { fields: { [markerField]: String(version) } },
    },
    ...config,
  }
}

const ok = { '200': { description: 'Done.' } }
const created = { '201': { description: 'Made.' } }
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 64 } }
const file = { required: true, content: { 'application/octet-stream': {} } }
const day = 24 * 60 * 60 * 1_000

function contractOf(version: number): object {
  // A limit of its own: what it remembers must go when the operation goes.
  const limit = { requestsMax: 100_000 + version, windowMs: 1_000, burstMax: 100_000 }
  const season = {
    operationId: `season${version}`,
    responses: ok,
    'x-concordat': { policies: { limit } },
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Stay', version: String(version) },
    paths: {
      '/items': { get: { operationId: 'listItems', parameters: [page], responses: ok } },
      '/items/{id}': { parameters: [id], get: { operationId: 'getItem', responses: ok } },
      '/orders': {
        post: { operationId: 'order', requestBody: order(version), responses: created },
      },
      '/files/{id}': {
        parameters: [id],
        get: { operationId: 'download', responses: ok },
        put: { operationId: 'upload', requestBody: file, responses: ok },
      },
      '/scarce': { get: { operationId: 'scarce', responses: ok, 'x-concordat': scarce } },
      [seasonPath(version)]: { get: season },
    },
  }
}

const page = { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100 } }

/** One request a day, whatever else changes. */
const scarce = { policies: { limit: { requestsMax: 1, windowMs: day, burstMax: 1 } } }

function order(version: number): object {
  const text = { type: 'string', maxLength: 200 }
  const line = {
    type: 'object',
    properties: {
      sku: { type: 'string', pattern: '^[A-Z]{3}-[0-9]{5}$' },
      quantity: { type: 'integer', minimum: 1, maximum: quantityMax(version) },
      title: text,
      [noteName(version)]: text,
    },
    required: ['sku', 'quantity'],
    additionalProperties: false,
  }
  const schema = {
    type: 'object',
    properties: { lines: { type: 'array', items: line, minItems: 1, maxItems: 500 } },
    required: ['lines'],
  }
  return { required: true, content: { 'application/json': { schema } } }
}
