// Hostile contracts: what a stranger's file may do to `check` and to a build. Each is text with the
// name of the file that it stands in.

export interface HostileContract {
  readonly name: string
  readonly file: 'openapi.json' | 'openapi.yaml'
  readonly text: string | Buffer
  /** Whether it must be served (`yes`), must be refused (`no`), or either, as long as it is said. */
  readonly builds: 'yes' | 'no' | 'either'
}

type Json = Readonly<Record<string, unknown>>

const string = { type: 'string' }
const ok = { 200: { description: '' } }
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

const head = { openapi: '3.1.0', info: { title: 'x', version: '1' } }
const posting = (schema: unknown): Json => ({
  '/a': { post: { requestBody: { content: { 'application/json': { schema } } }, responses: ok } },
})

function contract(name: string, builds: HostileContract['builds'], parts: Json): HostileContract {
  return { name, builds, file: 'openapi.json', text: JSON.stringify({ ...head, ...parts }) }
}

/** A contract whose one body has schema `A`. */
const withSchemas = (
  name: string,
  builds: HostileContract['builds'],
  schemas: Json,
): HostileContract => contract(name, builds, { paths: posting(ref('A')), components: { schemas } })

const yaml = (name: string, text: string): HostileContract => ({
  name,
  builds: 'either',
  file: 'openapi.yaml',
  text,
})

const nested = (depth: number, open: string, close: string, inner: string): string =>
  open.repeat(depth) + inner + close.repeat(depth)

/** JSON.stringify has no such depth. */
function deepSchema(name: string, open: string, close: string): HostileContract {
  const document = JSON.stringify({ ...head, paths: posting('HERE') })
  const text = document.replace('"HERE"', () => nested(10_000, open, close, '{}'))
  return { name, builds: 'either', file: 'openapi.json', text }
}

/** Each level names the next twice: 2^levels ways through. */
const doubling = (word: string, levels: number): Json =>
  Object.fromEntries(
    many(levels, (i) => [
      i === 0 ? 'A' : `L${i}`,
      i === levels - 1 ? string : { [word]: [ref(`L${i + 1}`), ref(`L${i + 1}`)] },
    ]),
  )

export const contracts = (): HostileContract[] => [
  ...references(),
  ...depths(),
  ...sizes(),
  ...paths(),
  ...words(),
  ...yamls(),
  ...garbage(),
]

const references = (): HostileContract[] => [
  withSchemas('a schema that is itself', 'either', { A: ref('A') }),
  withSchemas('two that are each other', 'either', { A: ref('B'), B: ref('A') }),
  withSchemas('a loop through allOf', 'either', { A: { allOf: [ref('A')] } }),
  withSchemas('a loop through not', 'either', { A: { not: ref('A') } }),
  withSchemas(
    'a loop of 10,000',
    'either',
    Object.fromEntries(
      many(10_000, (i) => [i === 0 ? 'A' : `L${i}`, ref(i === 9_999 ? 'A' : `L${i + 1}`)]),
    ),
  ),
  withSchemas('a list of itself', 'yes', { A: { type: 'array', items: ref('A') } }),
  withSchemas('doubling allOf', 'either', doubling('allOf', 60)),
  withSchemas('doubling anyOf', 'either', doubling('anyOf', 60)),
  withSchemas('doubling oneOf', 'either', doubling('oneOf', 60)),
  withSchemas(
    'doubling properties',
    'either',
    Object.fromEntries(
      many(60, (i) => [
        i === 0 ? 'A' : `L${i}`,
        i === 59 ? string : { properties: { a: ref(`L${i + 1}`), b: ref(`L${i + 1}`) } },
      ]),
    ),
  ),
  withSchemas(
    'all names to all names',
    'either',
    Object.fromEntries(
      many(150, (i) => [
        i === 0 ? 'A' : `L${i}`,
        { oneOf: many(150, (j) => ref(j === 0 ? 'A' : `L${j}`)) },
      ]),
    ),
  ),
  withSchemas('a discriminator of itself', 'either', {
    A: {
      oneOf: [ref('A')],
      discriminator: { propertyName: 'x', mapping: { a: '#/components/schemas/A' } },
    },
  }),
  withSchemas('references into nothing', 'no', {
    A: { allOf: many(5_000, (i) => ref(`none${i}`)) },
  }),
  withSchemas('$dynamicRef everywhere', 'either', {
    A: { $dynamicAnchor: 'x', anyOf: many(50, () => ({ $dynamicRef: '#x' })) },
  }),
  contract('a path that is itself', 'either', { paths: { '/a': { $ref: '#/paths/~1a' } } }),
  contract('a parameter that is itself', 'no', {
    paths: {
      '/a': { get: { parameters: [{ $ref: '#/components/parameters/P' }], responses: ok } },
    },
    components: { parameters: { P: { $ref: '#/components/parameters/P' } } },
  }),
  contract('files outside the folder', 'no', {
    paths: posting({ $ref: '../../../../etc/passwd' }),
  }),
  contract('the file itself, 1,000 times', 'either', {
    paths: posting({ allOf: many(1_000, () => ({ $ref: 'openapi.json#/info' })) }),
  }),
  contract('a device as a file', 'no', { paths: posting({ $ref: '/dev/zero' }) }),
  contract('the network', 'no', { paths: posting({ $ref: 'http://127.0.0.1:1/x.json' }) }),
]

const depths = (): HostileContract[] => [
  deepSchema('10,000 levels of allOf', '{"allOf":[', ']}'),
  deepSchema('10,000 levels of properties', '{"properties":{"a":', '}}'),
  deepSchema('10,000 levels of items', '{"items":', '}'),
  deepSchema('10,000 levels of not', '{"not":', '}'),
  deepSchema('10,000 levels of an example', '{"example":', '}'),
  deepSchema('10,000 levels of an enum', '{"enum":[', ']}'),
  {
    name: '1,000,000 open brackets',
    builds: 'no',
    file: 'openapi.json',
    text: '['.repeat(1_000_000),
  },
  {
    name: '100,000 open objects',
    builds: 'no',
    file: 'openapi.json',
    text: '{"a":'.repeat(100_000),
  },
]

const sizes = (): HostileContract[] => [
  withSchemas('an enum of 100,000', 'yes', { A: { enum: many(100_000, (i) => `value ${i}`) } }),
  withSchemas('an enum of 20,000 objects', 'yes', {
    A: { enum: many(20_000, (i) => ({ a: [i] })) },
  }),
  withSchemas('10,000 alternatives', 'yes', { A: { oneOf: many(10_000, (i) => ({ const: i })) } }),
  withSchemas('10,000 properties, all required', 'yes', {
    A: {
      properties: Object.fromEntries(many(10_000, (i) => [`p${i}`, string])),
      required: many(10_000, (i) => `p${i}`),
    },
  }),
  withSchemas('5,000 patterns', 'either', {
    A: { patternProperties: Object.fromEntries(many(5_000, (i) => [`^(a+)+${i}$`, string])) },
  }),
  withSchemas('a pattern of 100 kB', 'either', { A: { pattern: 'a?'.repeat(50_000) } }),
  withSchemas('a pattern of 10,000 groups', 'either', {
    A: { pattern: nested(10_000, '(', ')', 'a') },
  }),
  withSchemas('a pattern that counts to a billion', 'either', {
    A: { pattern: '(a{1000}){1000}' },
  }),
  withSchemas('a pattern of counted counts', 'either', {
    A: { pattern: '((((a{1,90}){1,90}){1,90}){1,90}){1,90}' },
  }),
  contract('5,000 parameters', 'yes', {
    paths: {
      '/a': {
        get: {
          parameters: many(5_000, (i) => ({ name: `p${i}`, in: 'query', schema: string })),
          responses: ok,
        },
      },
    },
  }),
  contract('5,000 alternatives of security', 'either', {
    paths: { '/a': { get: { security: many(5_000, () => ({ k: [] })), responses: ok } } },
    components: { securitySchemes: { k: { type: 'apiKey', in: 'header', name: 'k' } } },
  }),
  contract('a description of 10 MB', 'yes', {
    paths: posting({ description: 'd'.repeat(10_000_000) }),
  }),
]

const paths = (): HostileContract[] => [
  contract('10,000 paths', 'yes', {
    paths: Object.fromEntries(
      many(10_000, (i) => [
        `/p${i}/{a}`,
        {
          get: {
            parameters: [{ name: 'a', in: 'path', required: true, schema: string }],
            responses: ok,
          },
        },
      ]),
    ),
  }),
  contract('10,000 paths of one shape', 'no', {
    paths: Object.fromEntries(
      many(10_000, (i) => [
        `/{a${i}}`,
        {
          get: {
            parameters: [{ name: `a${i}`, in: 'path', required: true, schema: string }],
            responses: ok,
          },
        },
      ]),
    ),
  }),
  contract('a path of 1,000 parameters', 'either', {
    paths: { [many(1_000, (i) => `/{p${i}}`).join('')]: { get: { responses: ok } } },
  }),
  contract('a segment of 1,000 parameters', 'either', {
    paths: { [`/${many(1_000, (i) => `{p${i}}`).join('-')}`]: { get: { responses: ok } } },
  }),
  contract('open braces', 'either', {
    paths: { [`/${'{'.repeat(10_000)}`]: { get: { responses: ok } } },
  }),
  contract('a server of variables', 'either', {
    servers: [
      {
        url: many(30, (i) => `/{v${i}}`).join(''),
        variables: Object.fromEntries(
          many(30, (i) => [`v${i}`, { default: 'a', enum: ['a', 'b'] }]),
        ),
      },
    ],
    paths: posting({}),
  }),
  contract('a variable of itself', 'either', {
    servers: [{ url: '/{v}', variables: { v: { default: '{v}{v}' } } }],
    paths: posting({}),
  }),
  contract('1,000 servers', 'either', {
    servers: many(1_000, (i) => ({ url: `/s${i}` })),
    paths: posting({}),
  }),
]

const words = (): HostileContract[] => [
  {
    name: '__proto__ everywhere',
    builds: 'either',
    file: 'openapi.json',
    text: `{"__proto__":{"x":1},"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{"/__proto__":{"post":{"parameters":[{"name":"__proto__","in":"query","schema":{"type":"string"}}],"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/__proto__"}}}},"responses":{"200":{"description":""}}}}},"components":{"schemas":{"__proto__":{"properties":{"__proto__":{"type":"string"},"constructor":{}}}}}}`,
  },
  contract('control characters in names', 'either', {
    info: { title: '\u001b[2J\u0000\r\n', version: '1' },
    paths: { '/a\r\nX: y': { get: { responses: ok } } },
  }),
  contract('a name of 1 MB', 'either', {
    paths: { '/a': { get: { operationId: 'o'.repeat(1_000_000), responses: ok } } },
  }),
  contract('settings of a stranger', 'no', {
    'x-concordat': { upstream: 'http://169.254.169.254', nothing: 1 },
    paths: posting({}),
  }),
  contract('everything of the wrong type', 'no', {
    paths: {
      '/a': { get: { parameters: 'x', responses: 7, requestBody: [] } },
      '/b': null,
      '/c': 3,
    },
    components: [],
    servers: 'x',
    security: {},
  }),
]

const alias = (levels: number, width: number): string =>
  many(levels, (i) => {
    const before = i === 0 ? '"lol"' : many(width, () => `*a${i - 1}`).join(', ')
    return `a${i}: &a${i} [${before}]`
  }).join('\n')

const yamlHead = 'openapi: 3.1.0\ninfo: { title: x, version: "1" }\npaths: {}\n'

const yamls = (): HostileContract[] => [
  yaml('a billion laughs', `${yamlHead}${alias(10, 10)}\n`),
  yaml('laughs within bounds', `${yamlHead}${alias(4, 9)}\n`),
  yaml('an alias of itself', `${yamlHead}x: &a [*a]\n`),
  yaml('10,000 aliases', `${yamlHead}x: &a {b: c}\ny: [${many(10_000, () => '*a').join(', ')}]\n`),
  yaml(
    'merge keys of merge keys',
    `${yamlHead}${many(30, (i) => (i === 0 ? 'm0: &m0 {a: 1}' : `m${i}: &m${i} {<<: [*m${i - 1}, *m${i - 1}]}`)).join('\n')}\n`,
  ),
  yaml('10,000 levels of flow', `${yamlHead}x: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`),
  yaml(
    '5,000 levels of blocks',
    `${yamlHead}x:\n${many(5_000, (i) => `${' '.repeat(i + 1)}a:`).join('\n')}\n`,
  ),
  yaml('many documents', `${yamlHead}---\n`.repeat(2_000)),
  yaml('tags', `${yamlHead}x: !!js/function "function () {}"\ny: !!binary x\n`),
  yaml(
    'numbers and dates',
    `${yamlHead}x: [0x1F, 0o17, 1_000, .inf, .nan, 2020-01-01, ~, yes, 1e9999]\n`,
  ),
  yaml('a key twice', `${yamlHead}openapi: 3.0.0\n`),
  yaml('tabs', `${yamlHead}x:\n\t- a\n`),
  yaml('a scalar of 5 MB', `${yamlHead}x: "${'a'.repeat(5_000_000)}"\n`),
  yaml('an open quote of 1 MB', `${yamlHead}x: "${'a\n'.repeat(500_000)}`),
]

const garbage = (): HostileContract[] => [
  { name: 'nothing', builds: 'no', file: 'openapi.json', text: '' },
  {
    name: 'a byte order mark',
    builds: 'either',
    file: 'openapi.json',
    text: `\ufeff${JSON.stringify({ ...head, paths: posting({}) })}`,
  },
  { name: 'no UTF-8', builds: 'no', file: 'openapi.json', text: Buffer.alloc(1_000_000, 0xff) },
  { name: 'NUL', builds: 'no', file: 'openapi.yaml', text: Buffer.alloc(1_000_000) },
  {
    name: 'UTF-16',
    builds: 'no',
    file: 'openapi.json',
    text: Buffer.from(JSON.stringify(head), 'utf16le'),
  },
]
