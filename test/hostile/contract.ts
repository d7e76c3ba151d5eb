// A contract whose every corner costs something to check, for inputs that make it cost more.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSnapshot } from '../../src/control.ts'
import { headerBytesMax } from './announced.ts'
import type { HostileInput } from './input.ts'

/** Patterns that a backtracking engine needs exponential or high polynomial time for. */
export const patterns: readonly string[] = [
  '^(a+)+$',
  '^(a|aa)+$',
  '^(a|a)*b$',
  '(x+x+)+y',
  '^([a-zA-Z0-9._-]+)+@([a-z]+\\.)+[a-z]+$',
  '^(\\w+\\s?)*$',
  '^a*a*a*a*a*a*a*a*b$',
  '^(?:(?:a{0,20}){0,20})$',
  '(.*,){20}x',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '\\s+$',
  '^[^<]*<([^>]*>)*$',
  // Every character of a random text leads their automaton to a state that it has not met.
  '^(a|b)*a(a|b){15}c$',
  '^(?:(?:a|b)*a(?:a|b){30})+$',
  '(.*a.{60})+c',
]

const string = { type: 'string' }
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

/** The same schema for what a service answers. */
const judged = (content: object) => ({
  get: {
    'x-concordat': { policies: { 'reply-validation': {} } },
    responses: {
      200: {
        description: '',
        headers: { 'X-List': { schema: { type: 'array', items: { type: 'integer' } } } },
        ...content,
      },
    },
  },
})

const post = (body: object) => ({
  post: { requestBody: body, responses: { 200: { description: '' } } },
})

const plain = { 200: { description: '' } }

const parameters = [
  { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: patterns[0] } },
  { name: 'q', in: 'query', schema: { type: 'string', pattern: patterns[3] } },
  { name: 'tags', in: 'query', schema: { type: 'array', items: string, uniqueItems: true } },
  { name: 'filter', in: 'query', style: 'deepObject', schema: { type: 'object' } },
  { name: 'deep', in: 'query', style: 'deepObject', schema: ref('Node') },
  {
    name: 'spaced',
    in: 'query',
    style: 'spaceDelimited',
    explode: false,
    schema: { type: 'array', items: string },
  },
  { name: 'X-List', in: 'header', schema: { type: 'array', items: { type: 'integer' } } },
  { name: 'session', in: 'cookie', schema: string },
]

const schemas = {
  // Two ways at every level: a checker that tries both needs 2^depth steps.
  Fork: {
    oneOf: [
      { type: 'object', properties: { next: ref('Fork'), a: {} }, required: ['a'] },
      { type: 'object', properties: { next: ref('Fork'), b: {} }, required: ['b'] },
      { type: 'null' },
    ],
  },
  AnyFork: {
    anyOf: [
      { properties: { next: ref('AnyFork') }, required: ['x'] },
      { properties: { next: ref('AnyFork') }, required: ['y'] },
      { properties: { next: ref('AnyFork') }, required: ['z'] },
    ],
  },
  Open: {
    type: 'object',
    anyOf: [
      { properties: { next: ref('Open'), a: {} } },
      { properties: { next: ref('Open'), b: {} } },
    ],
    unevaluatedProperties: false,
  },
  Not: { not: { not: { properties: { next: ref('Not') } } } },
  Node: {
    type: 'object',
    properties: { next: ref('Node') },
    additionalProperties: false,
  },
  Pets: {
    type: 'array',
    items: {
      oneOf: Array.from({ length: 30 }, (_, i) => ({
        type: 'object',
        properties: { kind: { const: `k${i}` }, name: { type: 'string', minLength: i } },
        required: ['kind', 'name', `f${i}`],
      })),
    },
  },
  Strict: {
    type: 'array',
    items: {
      type: 'string',
      minLength: 5,
      pattern: '^x',
      enum: ['xxxxx', 'xxxxy'],
      allOf: [{ maxLength: 0 }, { minLength: 9 }, { format: 'uuid' }, { format: 'email' }],
    },
  },
  Named: {
    type: 'object',
    propertyNames: { pattern: '^(k+)+$', maxLength: 8 },
    patternProperties: { '^(a+)+$': { type: 'integer' }, '^k': { type: 'boolean' } },
    additionalProperties: { type: 'number' },
  },
  Numbers: { type: 'array', items: { type: 'number', multipleOf: 0.01, maximum: 5 } },
  AllPatterns: { type: 'string', allOf: patterns.map((pattern) => ({ pattern })) },
  AnyPattern: { type: 'string', anyOf: patterns.map((pattern) => ({ pattern: `${pattern}$` })) },
  ItemPatterns: {
    type: 'array',
    items: { oneOf: patterns.map((pattern) => ({ type: 'string', pattern })) },
  },
  Enum: { type: 'array', items: { enum: Array.from({ length: 5_000 }, (_, i) => ({ a: [i] })) } },
  Contains: { type: 'array', contains: { type: 'object', minProperties: 3 }, minContains: 2 },
}

/** Formats that are checked. */
export const formats: readonly string[] = [
  'date',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'json-pointer',
  'regex',
  'time',
  'uri',
  'uri-reference',
  'uri-template',
  'uuid',
]

const form = {
  content: {
    'application/x-www-form-urlencoded': {
      schema: {
        type: 'object',
        properties: {
          name: string,
          tags: { type: 'array', items: string },
          nested: { type: 'object' },
          deep: ref('Node'),
        },
      },
    },
  },
}

const binary = { type: 'string', format: 'binary' }

const parts = (schema: object) => ({ content: { 'multipart/form-data': { schema } } })

const uploads = {
  type: 'object',
  properties: {
    file: binary,
    tags: { type: 'array', items: string },
    numbers: { type: 'array', items: { type: 'integer' } },
    json: { type: 'array', items: { type: 'array' } },
  },
}

const document = {
  openapi: '3.1.0',
  info: { title: 'Hostile', version: '1' },
  paths: {
    '/things/{id}': { get: { parameters, responses: { 200: { description: '' } } } },
    '/things/{id}.json': {
      get: {
        parameters: parameters.slice(0, 1),
        responses: { 200: { description: '', content: { 'application/json': {} } } },
      },
    },
    '/a/{b}/c/{d}/e/{f}/g': deepPath(['b', 'd', 'f']),
    '/a/{b}/c/{d}/e/{f}/h': deepPath(['b', 'd', 'f']),
    '/a/{b}/c/{d}/{e}/x/h': deepPath(['b', 'd', 'e']),
    '/any': post(json({})),
    '/unique': post(json({ type: 'array', uniqueItems: true })),
    '/form': post(form),
    '/parts': post(parts(uploads)),
    '/short-files': post(parts({ additionalProperties: { ...binary, maxLength: 1, not: {} } })),
    '/lines': post({ content: { 'application/x-ndjson': { schema: {} } } }),
    '/sequence': post({ content: { 'application/json-seq': { schema: {} } } }),
    '/stream': post({ content: { 'application/octet-stream': {} } }),
    '/judged/any': judged(json({})),
    '/judged/unique': judged(json({ type: 'array', uniqueItems: true })),
    '/judged/lines': judged({ content: { 'application/x-ndjson': { schema: {} } } }),
    '/judged/sequence': judged({ content: { 'application/json-seq': { schema: {} } } }),
    ...Object.fromEntries(
      ['Strict', 'Fork', 'Enum'].map((name) => [`/judged/${name}`, judged(json(ref(name)))]),
    ),
    ...Object.fromEntries(Object.keys(schemas).map((name) => [`/${name}`, post(json(ref(name)))])),
    ...Object.fromEntries(
      formats.map((format) => [
        `/format/${format}`,
        post(json({ type: 'array', items: { type: 'string', format } })),
      ]),
    ),
    ...Object.fromEntries(
      patterns.map((pattern, i) => [
        `/pattern/${i}`,
        post(json({ type: 'object', properties: { text: { type: 'string', pattern } } })),
      ]),
    ),
  },
  components: { schemas },
}

function deepPath(names: readonly string[]) {
  const inPath = names.map((name) => ({ name, in: 'path', required: true, schema: string }))
  return { get: { parameters: inPath, responses: { 200: { description: '' } } } }
}

const config = {
  audience: 'public',
  policies: { limit: { mode: 'off' } },
  trustedHops: ['192.0.2.7', '10.0.0.0/8', '127.0.0.1'],
  log: { access: 'off' },
  forwardAuth: true,
}

/** What matters there comes before any operation: one is enough. */
const announcedDocument = {
  ...document,
  paths: { '/things/{id}': { get: { parameters: parameters.slice(0, 1), responses: plain } } },
  components: {},
}

const announcedConfig = {
  ...config,
  listen: { proxyProtocol: true },
  limits: { proxyHeaderBytesMax: headerBytesMax },
}

export async function hostileBundle(
  port: number,
  door?: HostileInput['door'],
): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
  try {
    const contractFile = join(folder, 'openapi.json')
    const configFile = join(folder, 'concordat.yaml')
    writeFileSync(contractFile, JSON.stringify(door === undefined ? document : announcedDocument))
    writeFileSync(configFile, JSON.stringify(door === undefined ? config : announcedConfig))
    const to = [`http://127.0.0.1:${port}`]
    const { snapshot, problems } = await buildSnapshot({ contractFile, configFile, to, port: 0 })
    if (snapshot === undefined) throw new Error(JSON.stringify(problems, undefined, 1))
    return snapshot
  } finally {
    rmSync(folder, { recursive: true })
  }
}
