// An OpenAPI document read raw, for the request generator. It shares nothing with the product's own
// reading of contracts, so that one mistake cannot hide in both.

export interface RawSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly nullable?: boolean
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number | boolean
  readonly exclusiveMaximum?: number | boolean
  readonly multipleOf?: number
  readonly items?: RawSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly properties?: Readonly<Record<string, RawSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | RawSchema
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly allOf?: readonly RawSchema[]
  readonly anyOf?: readonly RawSchema[]
  readonly oneOf?: readonly RawSchema[]
}

export interface RawParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly required?: boolean
  readonly style?: string
  readonly explode?: boolean
  readonly schema?: RawSchema
  readonly content?: Readonly<Record<string, { readonly schema?: RawSchema }>>
}

export interface RawMedia {
  readonly schema?: RawSchema
}

export interface RawSecurityScheme {
  readonly type: string
  readonly in?: 'header' | 'query' | 'cookie'
  readonly name?: string
  readonly scheme?: string
}

type SecurityRequirement = Readonly<Record<string, readonly string[]>>

export interface RawOperation {
  readonly id: string
  readonly method: string
  /** Whether it takes WebSockets. */
  readonly isSocket: boolean
  /** Base path included. */
  readonly template: string
  readonly parameters: readonly RawParameter[]
  readonly bodyRequired: boolean
  readonly bodies: ReadonlyMap<string, RawMedia>
  /** Alternatives; each a set of schemes that are all needed. */
  readonly security: readonly (readonly RawSecurityScheme[])[]
}

export interface RawDocument {
  readonly openapi: string
  readonly root: unknown
  readonly operations: readonly RawOperation[]
  /** The value itself, or the one that its `$ref` leads to. */
  readonly resolve: <T extends { readonly $ref?: string }>(value: T) => T
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

interface Referenced {
  readonly $ref?: string
}

interface OperationObject {
  readonly operationId?: string
  readonly parameters?: readonly (RawParameter & Referenced)[]
  readonly requestBody?: Referenced & {
    readonly required?: boolean
    readonly content?: Readonly<Record<string, RawMedia>>
  }
  readonly security?: readonly SecurityRequirement[]
  readonly servers?: readonly ServerObject[]
  readonly responses?: Readonly<Record<string, unknown>>
}

interface ServerObject {
  readonly url: string
  readonly variables?: Readonly<Record<string, { readonly default: string }>>
}

type PathItem = Readonly<Partial<Record<(typeof methods)[number], OperationObject>>> &
  Pick<OperationObject, 'parameters' | 'servers'>

interface DocumentObject {
  readonly openapi: string
  readonly paths: Readonly<Record<string, PathItem>>
  readonly servers?: readonly ServerObject[]
  readonly security?: readonly SecurityRequirement[]
  readonly components?: {
    readonly securitySchemes?: Readonly<Record<string, RawSecurityScheme & Referenced>>
  }
}

export function readDocument(root: unknown): RawDocument {
  const document = root as DocumentObject
  const found = new Map<string, unknown>()
  const resolve = <T extends Referenced>(value: T, hops = 0): T => {
    if (value.$ref === undefined) return value
    if (hops === 50) throw new Error(`references in a circle: ${value.$ref}`)
    if (!found.has(value.$ref)) found.set(value.$ref, lookUp(root, value.$ref))
    return resolve(found.get(value.$ref) as T, hops + 1)
  }
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      return operation ? [readOperation(document, path, method, item, operation, resolve)] : []
    }),
  )
  return { openapi: document.openapi, root, operations, resolve }
}

function readOperation(
  document: DocumentObject,
  path: string,
  method: string,
  item: PathItem,
  operation: OperationObject,
  resolve: <T extends Referenced>(value: T) => T,
): RawOperation {
  const parameters = new Map<string, RawParameter>()
  for (const parameter of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) {
    const found = resolve(parameter)
    parameters.set(`${found.in} ${found.name}`, found)
  }
  const servers = operation.servers ?? item.servers ?? document.servers ?? []
  const body = operation.requestBody && resolve(operation.requestBody)
  const schemes = document.components?.securitySchemes ?? {}
  const security = operation.security ?? document.security ?? []
  return {
    id: operation.operationId ?? `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    isSocket: operation.responses?.['101'] !== undefined,
    template: basePath(servers[0]) + path,
    parameters: [...parameters.values()],
    bodyRequired: body?.required ?? false,
    bodies: new Map(Object.entries(body?.content ?? {})),
    security: security.map((names) => Object.keys(names).map((name) => resolve(schemes[name]!))),
  }
}

function basePath(server: ServerObject | undefined): string {
  if (server === undefined) return ''
  const url = server.url.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => server.variables?.[name]?.default ?? '',
  )
  return new URL(url, 'http://host').pathname.replace(/\/$/, '')
}

function lookUp(root: unknown, ref: string): unknown {
  if (!ref.startsWith('#/')) throw new Error(`not a reference within the document: ${ref}`)
  return ref
    .slice(2)
    .split('/')
    .map((token) => decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, token) => (value as Record<string, unknown> | undefined)?.[token],
      root,
    )
}
