// The whole of an OpenAPI document, read once: what is wrong is collected with its place, what is
// right becomes operations. Where a problem is an error the rest is only good for looking at.
import type { Documents } from '../base.ts'
import {
  createSchemaCompiler,
  type Dialect,
  type Direction,
  type SchemaCompiler,
} from '../schema.ts'
import { checkFields } from './fields.ts'
import type { Contract, Operation } from './operation.ts'
import { readOperations, settingsAt } from './paths.ts'
import { replyReader } from './replies.ts'
import { readSecuritySchemes } from './security.ts'
import { child, isObject, objectOf, type Reading, report, targetOf } from './spot.ts'
import { selvesOf, type Spot, stringOf } from './spot.ts'

export function readContract(documents: Documents): Contract {
  const root: Spot = {
    uri: documents.root,
    pointer: '',
    value: documents.values.get(documents.root),
  }
  const schemas = createSchemaCompiler({ documents: documents.values })
  const reading = startReading(documents, root, schemas)
  const readable = reading.problems.length === 0 && checkFields(reading, root, 'OpenAPI')
  const contract = {
    ...readInfo(reading, root),
    openapi: reading.openapi,
    securitySchemes: readable ? readSecuritySchemes(reading, root) : new Map(),
    documentSettings: settingsAt(root, 'document'),
  }
  const inReplies = inDirection(reading, schemas, 'reply')
  const schemaAt = schemaFinder(root, { request: reading, reply: inReplies })
  const upper = { ...contract, repliesOf: replyReader(reading, inReplies), schemaAt }
  const operations = readable ? readOperations(reading, root, upper) : []
  return { ...contract, operations, finish: () => finished(reading, schemas) }
}

function schemaFinder(
  { uri, pointer }: Spot,
  readings: Readonly<Record<Direction, Reading>>,
): Operation['schemaAt'] {
  return (reference, direction) => {
    const reading = readings[direction]
    const spot = targetOf(reading, { uri, pointer, value: reference })
    return spot && reading.addSchema(spot)
  }
}

function finished({ documents, problems: found }: Reading, schemas: SchemaCompiler) {
  const { plan, problems } = schemas.finish()
  const located = problems.map(({ uri, pointer, message, severity }) => {
    return { severity, message, place: documents.locate(uri, pointer) }
  })
  return { schemas: plan, problems: [...found, ...located] }
}

const versions = ['3.0', '3.1', '3.2'] as const

function startReading(documents: Documents, root: Spot, schemas: SchemaCompiler): Reading {
  const written = child(root, 'openapi')?.value
  const openapi = versions.find((one) => String(written).startsWith(`${one}.`)) ?? '3.2'
  const dialect: Dialect = openapi === '3.0' ? 'openapi-3.0' : dialectOf(root)
  const unread = { documents, selves: selvesOf(documents), openapi, dialect, problems: [] }
  const reading = inDirection(unread, schemas, 'request')
  const objection = objectionTo(root)
  if (objection !== undefined) report(reading, child(root, 'openapi') ?? root, objection)
  return reading
}

function inDirection(
  reading: Omit<Reading, 'direction' | 'addSchema'>,
  schemas: SchemaCompiler,
  direction: Direction,
): Reading {
  const addSchema = ({ uri, pointer }: Spot) =>
    schemas.add({ uri, pointer }, reading.dialect, direction)
  return { ...reading, direction, addSchema }
}

function objectionTo(root: Spot): string | undefined {
  if (isObject(root.value)) return versionObjection(root)
  return root.value === null ? 'the contract is empty' : 'the contract must be an object'
}

function versionObjection(root: Spot): string | undefined {
  const written = child(root, 'openapi')?.value
  if (typeof written === 'string' && /^3\.[0-2]\.\d+(?:-.+)?$/.test(written)) return undefined
  if (child(root, 'swagger')) return 'Swagger 2.0 is not read: convert it to OpenAPI 3.0 or newer'
  if (child(root, 'overlay')) return 'this is an overlay: name it with --overlay, behind a contract'
  if (written === undefined) return 'this is no OpenAPI document: it has no `openapi` field'
  return `OpenAPI ${JSON.stringify(written)} is not read: write 3.0.x, 3.1.x or 3.2.x, as a string`
}

function dialectOf(root: Spot): Dialect {
  const dialect = child(root, 'jsonSchemaDialect')?.value
  return dialect === 'https://json-schema.org/draft/2020-12/schema' ? '2020-12' : 'openapi-3.1'
}

function readInfo(reading: Reading, root: Spot): { title: string; version: string } {
  const info = objectOf(reading, root, 'info')
  if (info === undefined || !checkFields(reading, info, 'Info')) return { title: '', version: '' }
  const title = stringOf(reading, info, 'title') ?? ''
  return { title, version: stringOf(reading, info, 'version') ?? '' }
}
