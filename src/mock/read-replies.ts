// What each operation of a contract answers, read for somebody who has to answer it: schemas by
// number, examples by name, headers, and the parameters that page through a list.
import type { Documents } from '../base.ts'
import type { Contract, Operation } from '../contract.ts'
import { isJson } from '../contract.ts'
import type { Dialect } from '../schema.ts'
import { readSchemas, type SchemaReader, type Schemas } from './schemas.ts'
import { followed, isObject, member, members, rootOf, type Spot } from './spots.ts'

export interface ReplyModel {
  /** `200`, `4XX` or `default`. */
  readonly status: string
  /** JSON first. */
  readonly media: readonly MediaModel[]
  readonly headers: readonly HeaderModel[]
}

export interface MediaModel {
  /** Lower case, without parameters. */
  readonly type: string
  readonly schema: number | undefined
  /** Of each item of a stream (`itemSchema`). */
  readonly items: number | undefined
  readonly examples: readonly NamedExample[]
}

export interface NamedExample {
  /** Empty for the one `example`. */
  readonly name: string
  readonly value: unknown
}

export interface HeaderModel {
  readonly name: string
  readonly required: boolean
  readonly schema: number | undefined
  readonly example: unknown
}

export interface OperationModel {
  readonly operation: Operation
  readonly replies: readonly ReplyModel[]
  /** Schema of the JSON or form body. */
  readonly body: number | undefined
  /** Declared query parameters, with the default of each. */
  readonly query: ReadonlyMap<string, unknown>
}

export interface MockModel {
  readonly operations: readonly OperationModel[]
  readonly schemas: Schemas
}

interface Reading {
  readonly documents: Documents
  readonly schemas: SchemaReader
}

export function readReplies(contract: Contract, documents: Documents): MockModel {
  const root = rootOf(documents)
  const schemas = readSchemas(documents.values, dialectOf(contract, root))
  const reading = { documents, schemas }
  const operations = contract.operations.map((one) => readOperation(reading, root, one))
  return { operations, schemas: schemas.finish() }
}

function dialectOf({ openapi }: Contract, root: Spot): Dialect {
  if (openapi === '3.0') return 'openapi-3.0'
  const named = member(root, 'jsonSchemaDialect')?.value
  return named === 'https://json-schema.org/draft/2020-12/schema' ? '2020-12' : 'openapi-3.1'
}

function readOperation(reading: Reading, root: Spot, operation: Operation): OperationModel {
  const { documents } = reading
  const path = member(member(root, 'paths'), operation.template)
  const written = member(path, operation.method.toLowerCase())
  const own = written ?? member(member(path, 'additionalOperations'), operation.method)
  const target = followed(documents, path)
  const spot = own ?? member(target, operation.method.toLowerCase())
  const found = spot ?? member(member(target, 'additionalOperations'), operation.method)
  const parameters = [
    member(path, 'parameters') ?? member(target, 'parameters'),
    member(found, 'parameters'),
  ]
  return {
    operation,
    replies: members(documents, member(found, 'responses')).flatMap(([status, one]) =>
      status.startsWith('x-') ? [] : [readReply(reading, status, one)],
    ),
    body: readBody(reading, followed(documents, member(found, 'requestBody'))),
    query: new Map(parameters.flatMap((one) => readQuery(reading, one))),
  }
}

function readReply(reading: Reading, status: string, spot: Spot): ReplyModel {
  const { documents } = reading
  const media = members(documents, member(spot, 'content')).map(([type, one]) =>
    readMedia(reading, type, one),
  )
  const headers = members(documents, member(spot, 'headers')).map(([name, one]) =>
    readHeader(reading, name, one),
  )
  const json = media.filter(({ type }) => isJson(type))
  return { status, media: [...json, ...media.filter((one) => !json.includes(one))], headers }
}

function readMedia(reading: Reading, written: string, spot: Spot): MediaModel {
  const type = written.split(';')[0]!.trim().toLowerCase()
  const items = numberOf(reading, member(spot, 'itemSchema'), 'reply')
  const schema = numberOf(reading, member(spot, 'schema'), 'reply')
  return { type, schema, items, examples: readExamples(reading, spot) }
}

function readExamples({ documents }: Reading, spot: Spot): NamedExample[] {
  const single = member(spot, 'example')
  const named = members(documents, member(spot, 'examples')).flatMap(([name, one]) => {
    const value = member(one, 'value') ?? member(one, 'dataValue')
    return value === undefined ? [] : [{ name, value: value.value }]
  })
  return single === undefined ? named : [{ name: '', value: single.value }, ...named]
}

function readHeader(reading: Reading, name: string, spot: Spot): HeaderModel {
  const [example] = readExamples(reading, spot)
  return {
    name,
    required: member(spot, 'required')?.value === true,
    schema: numberOf(reading, member(spot, 'schema'), 'reply'),
    example: example?.value,
  }
}

function readBody(reading: Reading, spot: Spot | undefined): number | undefined {
  const media = members(reading.documents, member(spot, 'content'))
  const wanted = media.find(([type]) => isJson(type.toLowerCase())) ?? media[0]
  return numberOf(reading, member(wanted?.[1], 'schema'), 'request')
}

function readQuery({ documents }: Reading, list: Spot | undefined): [string, unknown][] {
  return members(documents, list).flatMap(([, one]) => {
    const { value } = one
    if (!isObject(value) || value['in'] !== 'query' || typeof value['name'] !== 'string') return []
    const schema = followed(documents, member(one, 'schema'))
    return [[value['name'], member(schema, 'default')?.value] as [string, unknown]]
  })
}

function numberOf(
  { schemas }: Reading,
  spot: Spot | undefined,
  direction: 'request' | 'reply',
): number | undefined {
  return spot && schemas.add({ uri: spot.uri, pointer: spot.pointer }, direction)
}
