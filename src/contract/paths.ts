// Path items and their operations, each joined with what stands around it: parameters and servers
// of the path, security and settings of the document.
import { tokenForm } from '../http.ts'
import { readBody } from './bodies.ts'
import { checkFields } from './fields.ts'
import { readGrpc } from './grpc.ts'
import type { Contract, Operation, Setting } from './operation.ts'
import { readParameters, templateNames } from './parameters.ts'
import type { ReplyReader } from './replies.ts'
import { readSecurity, type Schemes } from './security.ts'
import { readServers } from './servers.ts'
import { booleanOf, child, children, follow, isObject, objectOf, type Reading } from './spot.ts'
import { report, type Spot, stringOf } from './spot.ts'

/** Raw `x-concordat`: none or one. */
export function settingsAt(spot: Spot | undefined, level: Setting['level']): Setting[] {
  const setting = spot && child(spot, 'x-concordat')
  if (setting === undefined) return []
  return [{ level, value: setting.value, uri: setting.uri, pointer: setting.pointer }]
}

interface Upper extends Pick<Contract, 'documentSettings'> {
  readonly securitySchemes: Schemes
  readonly repliesOf: ReplyReader
  readonly schemaAt: Operation['schemaAt']
}

export function readOperations(reading: Reading, root: Spot, upper: Upper): Operation[] {
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

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

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
    schemaAt: upper.schemaAt,
  }
  const fixed = methods
    .filter((method) => method !== 'query' || reading.openapi === '3.2')
    .map((method) => [method.toUpperCase(), field(method)] as const)
  const more = reading.openapi === '3.2' ? additional(reading, field('additionalOperations')) : []
  return [...fixed, ...more].flatMap(([method, spot]) => {
    return spot ? (readOperation(reading, path, method, spot) ?? []) : []
  })
}

/** As long as a request's method may be (`src/wire/request-head.ts`). */
const methodCharsMax = 32

/** Operations by the method as it is sent: case counts there (RFC 9110, section 9.1). */
function additional(reading: Reading, written: Spot | undefined): (readonly [string, Spot])[] {
  if (written === undefined) return []
  if (!isObject(written.value)) report(reading, written, '`additionalOperations` must be an object')
  return children(written).filter(([method, spot]) => {
    const objection = methodObjection(method)
    if (objection !== undefined) report(reading, spot, objection)
    return objection === undefined
  })
}

function methodObjection(method: string): string | undefined {
  const lower = method.toLowerCase()
  if (methods.includes(lower)) return `\`${method}\` has a field of its own: write \`${lower}\``
  if (!tokenForm.test(method)) return `\`${method}\` is no method: it must be a token (RFC 9110)`
  if (method.length > methodCharsMax) return `a method has at most ${methodCharsMax} characters`
  if (lower === 'connect') return 'CONNECT is never forwarded: it asks for a tunnel, not a resource'
  return lower === 'pri' ? 'PRI is how HTTP/2 begins, and no method' : undefined
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
  readonly schemes: Schemes
  readonly repliesOf: ReplyReader
  readonly schemaAt: Operation['schemaAt']
}

function readOperation(
  reading: Reading,
  path: PathItem,
  method: string,
  spot: Spot,
): Operation | undefined {
  if (!checkFields(reading, spot, 'Operation')) return undefined
  const body = readBody(reading, spot)
  const grpc = readGrpc(reading, spot, method, body)
  return {
    id: stringOf(reading, spot, 'operationId') ?? `${method} ${path.template}`,
    method,
    template: path.template,
    basePaths: readServers(reading, child(spot, 'servers') ?? path.servers),
    ...readParameters(reading, path.names, path.parameters, spot),
    body,
    ...(grpc && { grpc }),
    ...path.repliesOf(spot),
    schemaAt: path.schemaAt,
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
