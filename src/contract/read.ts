// The whole of an OpenAPI document, read once: what is wrong is collected with its place, what is
// right becomes operations. Where a problem is an error the rest is only good for looking at.
import type { Documents } from '../base.ts'
import {
  createSchemaCompiler,
  type Dialect,
  type Direction,
  type SchemaCompiler,
} from '../schema.ts'
import { readBody } from './bodies.ts'
import { checkFields } from './fields.ts'
import type { Contract, Operation, Setting } from './operation.ts'
import { readParameters, templateNames } from './parameters.ts'
import { type ReplyReader, replyReader } from './replies.ts'
import { readSecurity, readSecuritySchemes } from './security.ts'
import { readServers } from './servers.ts'
import { booleanOf, child, children, follow, isObject, objectOf, type Reading } from './spot.ts'
import { report, type Spot, stringOf } from './spot.ts'

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
  const upper = { ...contract, repliesOf: replyReader(reading, inReplies) }
  const operations = readable ? readOperations(reading, root, upper) : []
  return { ...contract, operations, finish: () => finished(reading, schemas) }
}

function finished({ documents, problems: found }: Reading, schemas: SchemaCompiler) {
  const { plan, problems } = schemas.finish()
  const located = problems.map(({ uri, pointer, message, severity }) => {
    return { severity, message, place: documents.locate(uri, pointer) }
  })
  return { schemas: plan, problems: [...found, ...located] }
}

function startReading(documents: Documents, root: Spot, schemas: SchemaCompiler): Reading {
  const written = child(root, 'openapi')?.value
  const openapi: Contract['openapi'] =
    typeof written === 'string' && written.startsWith('3.0') ? '3.0' : '3.1'
  const dialect: Dialect = openapi === '3.0' ? 'openapi-3.0' : dialectOf(root)
  const unread = { documents, openapi, dialect, problems: [] }
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
  if (typeof written === 'string' && /^3\.[01]\.\d+(?:-.+)?$/.test(written)) return undefined
  if (child(root, 'swagger')) return 'Swagger 2.0 is not read: convert it to OpenAPI 3.0 or 3.1'
  if (written === undefined) return 'this is no OpenAPI document: it has no `openapi` field'
  return `OpenAPI ${JSON.stringify(written)} is not read: write 3.0.x or 3.1.x, as a string`
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

function settingsAt(spot: Spot | undefined, level: Setting['level']): Setting[] {
  const setting = spot && child(spot, 'x-concordat')
  if (setting === undefined) return []
  return [{ level, value: setting.value, uri: setting.uri, pointer: setting.pointer }]
}

interface Upper extends Pick<Contract, 'securitySchemes' | 'documentSettings'> {
  readonly repliesOf: ReplyReader
}

function readOperations(reading: Reading, root: Spot, upper: Upper): Operation[] {
  const components = objectOf(reading, root, 'components')
  if (components !== undefined) checkFields(reading, components, 'Components')
  const paths = objectOf(reading, root, 'paths')
  if (paths === undefined) checkEmptiness(reading, root)
  const operations: Operation[] = []
  for (const [template, written] of paths ? children(paths) : []) {
    if (template.startsWith('x-')) continue
    if (template.startsWith('/'))
      operations.push(...readPath(reading, root, upper, template, written))
    else report(reading, written, 'a path begins with a slash')
  }
  checkIds(reading, operations, paths)
  return operations
}

/** A file that was cut off while it was written must not pass for an API without operations. */
function checkEmptiness(reading: Reading, root: Spot): void {
  if (reading.openapi === '3.0') report(reading, root, 'there are no `paths`')
  else if (!child(root, 'components') && !child(root, 'webhooks'))
    report(reading, root, 'there are no `paths`, nor `components` or `webhooks`')
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** A path item and the one that its `$ref` leads to count as one; what both have is an error. */
function readPath(
  reading: Reading,
  root: Spot,
  upper: Upper,
  template: string,
  written: Spot,
): Operation[] {
  if (!checkFields(reading, written, 'Path Item')) return []
  const target = child(written, '$ref') ? follow(reading, written) : undefined
  if (target !== undefined && !checkFields(reading, target, 'Path Item')) return []
  const field = (key: string) => pathField(reading, written, target, key)
  const names = templateNames(template)
  for (const name of names.filter((one, i) => names.indexOf(one) !== i)) {
    report(reading, written, `the path has \`{${name}}\` twice`)
  }
  const path: PathItem = {
    template,
    names,
    parameters: field('parameters'),
    servers: field('servers') ?? child(root, 'servers'),
    security: child(root, 'security'),
    settings: [
      ...upper.documentSettings,
      ...settingsAt(target, 'path'),
      ...settingsAt(written, 'path'),
    ],
    schemes: upper.securitySchemes,
    repliesOf: upper.repliesOf,
  }
  return methods.flatMap((method) => {
    const spot = field(method)
    return spot ? (readOperation(reading, path, method, spot) ?? []) : []
  })
}

function pathField(reading: Reading, written: Spot, target: Spot | undefined, key: string) {
  const own = child(written, key)
  const theirs = target && child(target, key)
  if (own && theirs) report(reading, own, `\`${key}\` stands here and where \`$ref\` leads`)
  return own ?? theirs
}

interface PathItem {
  readonly template: string
  readonly names: readonly string[]
  readonly parameters: Spot | undefined
  readonly servers: Spot | undefined
  readonly security: Spot | undefined
  readonly settings: readonly Setting[]
  readonly schemes: Contract['securitySchemes']
  readonly repliesOf: ReplyReader
}

function readOperation(
  reading: Reading,
  path: PathItem,
  method: string,
  spot: Spot,
): Operation | undefined {
  if (!checkFields(reading, spot, 'Operation')) return undefined
  const upper = method.toUpperCase()
  return {
    id: stringOf(reading, spot, 'operationId') ?? `${upper} ${path.template}`,
    method: upper,
    template: path.template,
    basePaths: readServers(reading, child(spot, 'servers') ?? path.servers),
    parameters: readParameters(reading, path.names, path.parameters, spot),
    body: readBody(reading, spot),
    ...path.repliesOf(spot),
    security: readSecurity(reading, child(spot, 'security') ?? path.security, path.schemes),
    settings: [...path.settings, ...settingsAt(spot, 'operation')],
    deprecated: booleanOf(reading, spot, 'deprecated') ?? false,
    summary: stringOf(reading, spot, 'summary'),
    place: reading.documents.locate(spot.uri, spot.pointer),
  }
}

/** Ids are metric labels and addresses of settings: each must mean one operation. */
function checkIds(reading: Reading, operations: readonly Operation[], paths: Spot | undefined) {
  const seen = new Map<string, Operation>()
  for (const operation of operations) {
    const first = seen.get(operation.id)
    seen.set(operation.id, first ?? operation)
    if (first === undefined || paths === undefined) continue
    const { line, column } = first.place
    const message = `\`operationId\` ${operation.id} is taken already, at ${line}:${column}`
    reading.problems.push({ severity: 'error', message, place: operation.place })
  }
}
