// Drafts an OpenAPI contract from the names of resources: collections and items, pages by cursor,
// merge patch, declared errors, one form of error, examples that the mock answers with.
import { singular } from '../mock.ts'
import type { Credential, DraftAnswers, ResourceName } from './init-answers.ts'

export function draftContract({ title, resources, credential }: DraftAnswers): string {
  const kinds = new Map(resources.map(({ name }) => [name, thingOf(name)]))
  const things = [...kinds.values()]
  const errors = errorsOf(credential)
  return [
    header(title, credential),
    'paths:',
    ...things
      .filter(({ name }) => hasOwnList(resources, name))
      .map((one) => collection(one, undefined, errors)),
    ...resources
      .filter(({ parent }) => parent !== undefined)
      .map(({ name, parent }) => collection(kinds.get(name)!, kinds.get(parent!)!, errors)),
    ...things.map((one) => item(one, errors)),
    'components:',
    ...schemes(credential),
    parameters(things),
    '  schemas:',
    ...things.map((one) => schemasOf(one, ownersOf(one, resources, kinds))),
    errorSchemas,
    responses(credential),
  ].join('\n')
}

/** Two kinds that would share the name of a schema; undefined where none do. */
export function clashOf(resources: readonly ResourceName[]): string | undefined {
  const owners = new Map<string, string>([
    ['Error', 'the form of errors'],
    ['PageMeta', 'what is said of pages'],
  ])
  for (const name of new Set(resources.map((each) => each.name))) {
    for (const ending of ['', 'Id', 'Content', 'Patch', 'Page']) {
      const schema = `${thingOf(name).one}${ending}`
      const owner = owners.get(schema)
      if (owner !== undefined) return `'${name}' and ${owner} would both be called ${schema}.`
      owners.set(schema, `'${name}'`)
    }
  }
  return undefined
}

/** One kind of thing, under all its names. */
interface Thing {
  /** `order-items`. */
  readonly name: string
  /** `OrderItems`. */
  readonly many: string
  /** `OrderItem`. */
  readonly one: string
  /** `orderItemId`. */
  readonly id: string
  /** `order item`, and with its article. */
  readonly words: string
  readonly aWord: string
  readonly prefix: string
}

function thingOf(name: string): Thing {
  const one = singular(name).replace(/-$/, '')
  const camel = upper(one)
  const words = one.replaceAll('-', ' ')
  return {
    name,
    many: upper(name),
    one: camel,
    id: `${camel[0]!.toLowerCase()}${camel.slice(1)}Id`,
    words,
    aWord: `${/^(?:[aeio]|u(?!se|ni))/.test(words) ? 'an' : 'a'} ${words}`,
    prefix: one.replaceAll(/[^a-z]/g, '').slice(0, 3),
  }
}

const upper = (name: string): string =>
  name
    .split('-')
    .filter((part) => part !== '')
    .map((part) => `${part[0]!.toUpperCase()}${part.slice(1)}`)
    .join('')

const hasOwnList = (resources: readonly ResourceName[], name: string): boolean =>
  resources.some((one) => one.name === name && one.parent === undefined)

function header(title: string, credential: Credential): string {
  const security = { none: [], key: ['key'], bearer: ['token'], both: ['token', 'key'] }[credential]
  return [
    '# Drafted by `concordat init`: put your fields into the schemas, take away what you do not serve.',
    'openapi: 3.1.0',
    'info:',
    `  title: ${JSON.stringify(title)}`,
    '  version: 1.0.0',
    '# Versions by path: what breaks clients goes to /v2, beside this one.',
    'servers:',
    '  - url: /v1',
    ...(security.length === 0 ? [] : ['security:', ...security.map((one) => `  - ${one}: []`)]),
  ].join('\n')
}

interface Errors {
  /** For a list, a creation, one that is there. */
  readonly list: string
  readonly create: string
  readonly item: string
}

function errorsOf(credential: Credential): Errors {
  const access = credential === 'none' ? [] : ['401', '403']
  return {
    list: errorLines(['400', ...access, '404', '429']),
    create: errorLines(['400', ...access, '404', '409', '429']),
    item: errorLines(['400', ...access, '404', '429']),
  }
}

const errorNames: Readonly<Record<string, string>> = {
  '400': 'InvalidInput',
  '401': 'Unauthenticated',
  '403': 'Forbidden',
  '404': 'NotFound',
  '409': 'Conflict',
  '429': 'LimitExceeded',
}

const errorLines = (statuses: readonly string[]): string =>
  statuses
    .map((one) => `        '${one}': { $ref: '#/components/responses/${errorNames[one]}' }`)
    .join('\n')

function collection(thing: Thing, parent: Thing | undefined, errors: Errors): string {
  const { name, many, one, aWord } = thing
  const path = parent === undefined ? `/${name}` : `/${parent.name}/{${parent.id}}/${name}`
  const of = parent === undefined ? '' : parent.one
  const where = parent === undefined ? '' : ` of ${parent.aWord}`
  const own = parent && `    parameters:\n      - $ref: '#/components/parameters/${parent.one}Id'\n`
  return `  ${path}:
${own ?? ''}    get:
      operationId: list${of}${many}
      summary: List the ${name.replaceAll('-', ' ')}${where}
      parameters:
        - $ref: '#/components/parameters/Cursor'
        - $ref: '#/components/parameters/Limit'
      responses:
        '200':
          description: One page, oldest first.
          content:
            application/json:
              schema: { $ref: '#/components/schemas/${one}Page' }
${errors.list}
    post:
      operationId: create${of}${one}
      summary: Create ${aWord}
      parameters:
        - $ref: '#/components/parameters/IdempotencyKey'
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: '#/components/schemas/${one}Content' }
      responses:
        '201':
          description: It was created.
          headers:
            Location:
              description: Its address.
              required: true
              schema: { type: string, format: uri-reference }
          content:
            application/json:
              schema: { $ref: '#/components/schemas/${one}' }
${errors.create}`
}

function item({ name, one, id, words, aWord }: Thing, errors: Errors): string {
  const shown = `          content:
            application/json:
              schema: { $ref: '#/components/schemas/${one}' }`
  return `  /${name}/{${id}}:
    parameters:
      - $ref: '#/components/parameters/${one}Id'
    get:
      operationId: get${one}
      summary: Read ${aWord}
      responses:
        '200':
          description: The ${words}.
${shown}
${errors.item}
    patch:
      operationId: update${one}
      summary: Change fields of ${aWord}
      description: A JSON merge patch (RFC 7396). What is not given stays as it is.
      requestBody:
        required: true
        content:
          application/merge-patch+json:
            schema: { $ref: '#/components/schemas/${one}Patch' }
      responses:
        '200':
          description: The ${words} as it is now.
${shown}
${errors.item}
    delete:
      operationId: delete${one}
      summary: Delete ${aWord}
      responses:
        '204': { description: It is gone. }
${errors.item}`
}

function schemes(credential: Credential): string[] {
  const token = `    token:
      type: http
      scheme: bearer
      description: The token of a user.`
  const key = `    key:
      type: apiKey
      in: header
      name: X-API-Key
      description: The key of a service.`
  const wanted = { none: [], bearer: [token], key: [key], both: [token, key] }[credential]
  return wanted.length === 0 ? [] : ['  securitySchemes:', ...wanted]
}

function parameters(things: readonly Thing[]): string {
  const ids = things.map(
    ({ one, id, words }) => `    ${one}Id:
      name: ${id}
      in: path
      required: true
      description: Which ${words}.
      schema: { $ref: '#/components/schemas/${one}Id' }`,
  )
  return ['  parameters:', ...ids, paging].join('\n')
}

const paging = `    # By cursor, not by number: a page stays right while others write.
    Cursor:
      name: cursor
      in: query
      description: Where to go on reading, from \`meta.cursor\` of a page.
      schema: { type: string, pattern: '^[A-Za-z0-9_-]+$', maxLength: 64 }
    Limit:
      name: limit
      in: query
      description: At most how many to answer.
      schema: { type: integer, minimum: 1, maximum: 100, default: 20 }
    # Without it a client that heard no answer cannot ask again and be sure that it is done once.
    IdempotencyKey:
      name: Idempotency-Key
      in: header
      description: A name of the client's own for this request, the same when it is tried again.
      schema: { type: string, pattern: '^[!-~]+$', minLength: 1, maxLength: 255 }`

interface Owners {
  readonly things: readonly Thing[]
  /** Each belongs to one, for there is no other way to create it. */
  readonly isRequired: boolean
}

function ownersOf(
  { name }: Thing,
  resources: readonly ResourceName[],
  kinds: ReadonlyMap<string, Thing>,
): Owners {
  const names = resources.filter((one) => one.name === name && one.parent !== name)
  const things = names.flatMap(({ parent }) => (parent === undefined ? [] : kinds.get(parent)!))
  return { things, isRequired: things.length === 1 && !hasOwnList(resources, name) }
}

function schemasOf({ one, id, words, prefix }: Thing, { things, isRequired }: Owners): string {
  const fields = things.map(
    (owner) => `\n        ${owner.id}: { $ref: '#/components/schemas/${owner.one}Id' }`,
  )
  const shown = isRequired ? things : []
  const examples = shown.map((owner) => `\n          ${owner.id}: ${owner.prefix}_a1b2c3`)
  const required = [id, ...shown.map((owner) => owner.id), 'name', 'note', 'createdAt', 'updatedAt']
  return `    ${one}Id:
      type: string
      pattern: '^${prefix}_[a-z0-9]{6,32}$'
      examples: [${prefix}_a1b2c3]
    # What a client may write: your fields go here.
    ${one}Content:
      type: object
      properties:
        name: { type: string, minLength: 1, maxLength: 200, examples: [First ${words}] }
        note: { type: [string, 'null'], maxLength: 2000 }
      required: [name]
      additionalProperties: false
    ${one}Patch:
      type: object
      properties:
        name: { type: string, minLength: 1, maxLength: 200 }
        note: { type: [string, 'null'], maxLength: 2000 }
      minProperties: 1
      additionalProperties: false
    ${one}:
      type: object
      properties:
        ${id}: { $ref: '#/components/schemas/${one}Id' }${fields.join('')}
        name: { type: string }
        note: { type: [string, 'null'] }
        createdAt: { type: string, format: date-time }
        updatedAt: { type: string, format: date-time }
      required: [${required.join(', ')}]
      examples:
        - ${id}: ${prefix}_a1b2c3${examples.join('')}
          name: First ${words}
          note: null
          createdAt: '2026-03-12T10:30:00Z'
          updatedAt: '2026-03-12T10:30:00Z'
    ${one}Page:
      type: object
      properties:
        data: { type: array, items: { $ref: '#/components/schemas/${one}' } }
        meta: { $ref: '#/components/schemas/PageMeta' }
      required: [data, meta]`
}

const errorSchemas = `    PageMeta:
      type: object
      properties:
        cursor: { type: [string, 'null'], description: Where to go on reading. }
        hasMore: { type: boolean, description: Whether there is more behind this page. }
      required: [cursor, hasMore]
    # The form in which the gateway refuses too, so that clients read one form only.
    Error:
      type: object
      properties:
        error:
          type: object
          properties:
            code: { type: string, pattern: '^[A-Z][A-Z_]*$' }
            message: { type: string }
            details: { type: array, items: { type: object } }
            retryable: { type: boolean }
            requestId: { type: string }
          required: [code, message, retryable]
      required: [error]`

interface ErrorText {
  readonly code: string
  readonly says: string
  readonly isRetryable?: boolean
}

const errorTexts: Readonly<Record<string, ErrorText>> = {
  InvalidInput: { code: 'INVALID_INPUT', says: 'The request does not match the contract.' },
  Unauthenticated: { code: 'UNAUTHENTICATED', says: 'A credential is required.' },
  Forbidden: { code: 'FORBIDDEN', says: 'This credential may not do that.' },
  NotFound: { code: 'NOT_FOUND', says: 'There is no such resource.' },
  Conflict: { code: 'CONFLICT', says: 'It contradicts what is there.' },
  LimitExceeded: { code: 'LIMIT_EXCEEDED', says: 'Too many requests.', isRetryable: true },
}

function responses(credential: Credential): string {
  const unused = credential === 'none' ? ['Unauthenticated', 'Forbidden'] : []
  const names = Object.keys(errorTexts).filter((name) => !unused.includes(name))
  return `${['  responses:', ...names.map(response)].join('\n')}\n`
}

function response(name: string): string {
  const { code, says, isRetryable = false } = errorTexts[name]!
  const wait = `      headers:
        Retry-After: { description: Seconds to wait., schema: { type: integer, minimum: 0 }, example: 2 }
`
  return `    ${name}:
      description: ${says}
${isRetryable ? wait : ''}      content:
        application/json:
          schema: { $ref: '#/components/schemas/Error' }
          example:
            error: { code: ${code}, message: ${says}, retryable: ${isRetryable} }`
}
