// All that may change while a gateway serves, each with a trace in replies: a state is what is
// written in a folder, and says what each reply must then tell.
import { type Authority, makeAuthority, makeCertificate } from '../certificates.ts'
import { type Reply, request } from './client.ts'
import type { Files } from './program.ts'

type Mode = 'enforce' | 'shadow' | 'off'

/** Numbers are versions of what is written; their aspect is where they show. */
export interface State {
  /** An overlay of the contract. */
  readonly overlay: number
  /** The file of a custom policy, and one that it imports. */
  readonly code: number
  readonly imported: number
  /** The configuration in TypeScript, and a file that it imports. */
  readonly typed: number
  readonly settings: number
  /** Policies of the gateway that change what is sent. */
  readonly headers: number
  readonly path: number
  /** What is shown to a service over TLS. */
  readonly certificate: number
  /** Of a custom policy, and of one of the gateway that judges replies. */
  readonly gate: Mode
  readonly replies: Mode
}

export const firstState: State = {
  overlay: 0,
  code: 0,
  imported: 0,
  typed: 0,
  settings: 0,
  headers: 0,
  path: 0,
  certificate: 0,
  gate: 'enforce',
  replies: 'enforce',
}

/** Whether other code is run than before: that takes new threads. */
export const renews = (from: State, to: State): boolean =>
  from.code !== to.code ||
  from.imported !== to.imported ||
  (from.gate === 'off') !== (to.gate === 'off')

const modes: readonly Mode[] = ['enforce', 'shadow', 'off']

export function changed(state: State, aspects: readonly (keyof State)[]): State {
  const next = aspects.map((aspect) => {
    const value = state[aspect]
    if (typeof value === 'number') return [aspect, value + 1] as const
    return [aspect, modes[(modes.indexOf(value) + 1) % modes.length]] as const
  })
  return { ...state, ...Object.fromEntries(next) }
}

export interface Question {
  readonly bytes: string
  /** What a reply says of the state that made it. */
  readonly told: (reply: Reply) => string
  readonly wanted: (state: State) => string
}

export const questions: readonly Question[] = [
  {
    bytes: request('GET /items/item1'),
    told: (reply) => {
      const { path, fields } = bodyOf(reply)
      const traces = traceNames.map((name) => reply.fields.get(name))
      return [reply.status, ...traces, fields?.['x-headers'], path].join()
    },
    wanted: ({ code, imported, overlay, typed, settings, headers, path }) =>
      [200, code, imported, overlay, typed, settings, headers, `/v${path}/item1`].join(),
  },
  {
    bytes: request('GET /items/item1', ['X-Gate: shut']),
    told: ({ status }) => String(status),
    wanted: ({ gate }) => (gate === 'enforce' ? '403' : '200'),
  },
  {
    bytes: request('GET /loose'),
    told: ({ status }) => String(status),
    wanted: ({ replies }) => (replies === 'enforce' ? '502' : '200'),
  },
  {
    bytes: request('GET /secure'),
    told: (reply) => `${reply.status},${bodyOf(reply).peer}`,
    wanted: ({ certificate }) => `200,${nameOf(certificate)}`,
  },
]

const traceNames = ['x-code', 'x-imported', 'x-overlay', 'x-typed', 'x-settings']

interface Told {
  readonly path?: string
  readonly peer?: string
  readonly fields?: Readonly<Record<string, string>>
}

const bodyOf = ({ body }: Reply): Told =>
  body.length === 0 ? {} : (JSON.parse(body.toString()) as Told)

const nameOf = (certificate: number): string => `gateway ${certificate}`

export const configFile = 'concordat.config.ts'

/** Writes states down, for services at these addresses. */
export class Folder {
  readonly authority: Authority = makeAuthority()
  readonly #certificates = new Map<number, string>()
  readonly #workers: number
  readonly #contract: object
  plainUrl = ''
  secureUrl = ''

  /** With so many other operations, whose requests and replies have schemas of their own. */
  constructor(workers: number, others = 0) {
    this.#workers = workers
    this.#contract = { ...contract, paths: { ...contract.paths, ...otherPaths(others) } }
  }

  filesOf(state: State): Files {
    return {
      'openapi.json': JSON.stringify(this.#contract),
      'overlay.json': JSON.stringify(overlayOf(state)),
      [configFile]: configOf(state),
      'settings.json': JSON.stringify(this.#settings(state)),
      'stamp.ts': stampOf(state),
      'words.ts': `export const imported = '${state.imported}'\n`,
      'gate.ts': gate,
      'ca.pem': this.authority.cert,
      'client.pem': this.#certificate(state.certificate),
    }
  }

  /** With its key in one file: two could be read between two writes. */
  #certificate(number: number): string {
    const known = this.#certificates.get(number)
    if (known !== undefined) return known
    const { cert, key } = makeCertificate({ name: nameOf(number), issuer: this.authority })
    this.#certificates.set(number, cert + key)
    return cert + key
  }

  #settings(state: State): object {
    const { settings, headers, path, gate: gateMode, replies } = state
    // What is off where nothing else has it on says nothing: it is left out.
    const gated = gateMode === 'off' ? {} : { gate: { mode: gateMode } }
    const judged = replies === 'off' ? {} : { 'reply-validation': { mode: replies } }
    const tls = { ca: 'ca.pem', cert: 'client.pem', key: 'client.pem' }
    return {
      contract: 'openapi.json',
      overlays: ['overlay.json'],
      listen: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      workers: this.#workers,
      log: { access: 'off' },
      customPolicies: gateMode === 'off' ? ['stamp.ts'] : ['stamp.ts', 'gate.ts'],
      upstreams: {
        plain: { endpoints: [this.plainUrl] },
        secure: { endpoints: [this.secureUrl], tls },
      },
      upstream: 'plain',
      policies: {
        limit: { mode: 'off' },
        stamp: {},
        ...gated,
        ...judged,
        'secure-headers': { fields: { 'X-Settings': String(settings) } },
        headers: { request: { set: { 'X-Headers': String(headers) } } },
        rewrite: { prefix: { from: '/items', to: `/v${path}` } },
      },
    }
  }
}

const configOf = ({ typed }: State): string => `import { defineConfig } from 'concordat'
import settings from './settings.json'

const { policies, ...rest } = settings
const fields = { ...policies['secure-headers'].fields, 'X-Typed': '${typed}' }
export default defineConfig({
  ...rest,
  policies: { ...policies, 'secure-headers': { fields } },
} as Parameters<typeof defineConfig>[0])
`

const stampOf = ({ code }: State): string => `import { definePolicy } from 'concordat'
import { imported } from './words.ts'

export default definePolicy({
  id: 'stamp',
  about: 'Says which code runs.',
  phase: 'finish',
  link: () => ({ drop: [], add: ['X-Code', '${code}', 'X-Imported', imported] }),
})
`

const gate = `import { definePolicy, headerValue, refuse } from 'concordat'

export default definePolicy({
  id: 'gate',
  about: 'Refuses who says so.',
  phase: 'admit',
  link: () => async ({ request }) => {
    await undefined
    return headerValue(request.headers, 'x-gate') === 'shut' ? refuse('FORBIDDEN') : undefined
  },
})
`

const overlayOf = ({ overlay }: State): object => {
  const headers = { reply: { set: { 'X-Overlay': String(overlay) } } }
  const update = { 'x-concordat': { policies: { headers } } }
  return {
    overlay: '1.1.0',
    info: { title: 'Ours', version: String(overlay) },
    actions: [{ target: "$.paths['/items/{id}'].get", update }],
  }
}

const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
const responses = { '200': { description: 'Done.', content: { '*/*': {} } } }
const inSecure = { 'x-concordat': { upstream: 'secure' } }
const file = { required: true, content: { 'application/octet-stream': {} } }
const strict = { type: 'object', required: ['what no reply has'] }

const contract = {
  openapi: '3.1.0',
  info: { title: 'Stay', version: '1' },
  paths: {
    '/items/{id}': { parameters: [id], get: { operationId: 'getItem', responses } },
    '/loose': {
      get: {
        operationId: 'loose',
        responses: {
          '200': { description: 'Done.', content: { 'application/json': { schema: strict } } },
        },
      },
    },
    '/secure': { get: { operationId: 'secure', responses, ...inSecure } },
    '/files/{id}': {
      parameters: [id],
      get: { operationId: 'download', responses },
      put: { operationId: 'upload', requestBody: file, responses },
    },
    '/secure-files/{id}': {
      parameters: [id],
      get: { operationId: 'secureDownload', responses, ...inSecure },
    },
  },
}

const otherPaths = (count: number): object =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`/others/o${at}`, { post: other(at) }]),
  )

function other(at: number): object {
  const names = Array.from({ length: 20 }, (_, i) => `property${i}of${at}`)
  const text = { type: 'string', maxLength: 100 + at, pattern: '^[a-z]+$' }
  const schema = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, text])),
    required: names.slice(0, 3),
  }
  const content = { 'application/json': { schema } }
  return {
    operationId: `other${at}`,
    requestBody: { content },
    responses: { '200': { description: 'Done.', content } },
  }
}
