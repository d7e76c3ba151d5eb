// A policy that does to its worker whatever a request asks it to, and services that do not answer as
// a service over TLS must.
import { once } from 'node:events'
import { unlinkSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Files } from './program.ts'

export const rogueField = 'X-Rogue'

/** Those that cost a worker, and those that cost one exchange alone. */
export const deadly = ['hang', 'memory', 'late throw', 'late rejection'] as const
export const harmless = ['throw', 'reject', 'number', 'object', 'finish'] as const
/** Answered when the exchange has no time left. */
export const endless = 'never'

const policy = `import { definePolicy, headerValue, type Exchange } from 'concordat'

const rogue = ({ request }: Exchange) => headerValue(request.headers, '${rogueField.toLowerCase()}')

function leak(held: number[][]): void {
  for (let many = 0; many < 300; many++) held.push(Array.from({ length: 1_000 }, (_, at) => at + 0.5))
  setImmediate(leak, held)
}

const acts: Readonly<Record<string, () => any>> = {
  hang: () => { for (;;); },
  memory: () => leak([]),
  'late throw': () => { setTimeout(() => { throw new Error('late') }, 20) },
  'late rejection': () => { setTimeout(() => { void Promise.reject(new Error('late')) }, 20) },
  throw: () => { throw new Error('at once') },
  reject: async () => { await undefined; throw new Error('later') },
  number: () => 42,
  object: async () => ({ what: 'junk' }),
  never: () => new Promise(() => {}),
}

export default definePolicy({
  id: 'rogue',
  about: 'Does as it is told.',
  phase: 'several',
  link: () => ({
    admit: (exchange) => acts[rogue(exchange) ?? '']?.(),
    finish: (_, exchange) => { if (rogue(exchange) === 'finish') throw new Error('at the end') },
  }),
})
`

/** Paths, each of an upstream of its own. */
export const upstreams = ['plain', 'stalls', 'garbage', 'closes', 'unix'] as const
export type Upstream = (typeof upstreams)[number]

export function filesOf(endpoints: Readonly<Record<Upstream, string>>, more: object): Files {
  const paths = upstreams.map((name) => [
    `/${name}`,
    {
      get: {
        operationId: name,
        'x-concordat': { upstream: name },
        responses: { '200': { description: 'Done.' } },
      },
    },
  ])
  const config = {
    contract: 'openapi.json',
    audience: 'internal',
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    log: { access: 'off' },
    workers: 2,
    customPolicies: ['rogue.ts'],
    policies: { rogue: {} },
    upstreams: Object.fromEntries(
      upstreams.map((name) => [name, { endpoints: [endpoints[name]] }]),
    ),
    ...more,
  }
  return {
    'rogue.ts': policy,
    'concordat.yaml': JSON.stringify(config),
    'openapi.json': JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'Rogue', version: '1' },
      paths: Object.fromEntries(paths),
    }),
  }
}

const noTls: Readonly<Record<'stalls' | 'garbage' | 'closes', (socket: Socket) => void>> = {
  stalls: () => {},
  garbage: (socket) => socket.write(Buffer.alloc(64 * 1024, 0x16)),
  // The beginning of a record of a handshake, and no more of it.
  closes: (socket) => socket.end(Buffer.from([0x16, 3, 3, 0, 0x7a, 2])),
}

/** What listens there takes TCP, and knows nothing of TLS. */
export class NoTls implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(how: keyof typeof noTls) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
      socket.once('data', () => noTls[how](socket))
    })
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** A service at a path that comes and goes. */
export class UnixService implements AsyncDisposable {
  readonly path: string
  #server = createHttpServer()

  constructor(path: string) {
    this.path = path
  }

  async come(): Promise<void> {
    this.#server = createHttpServer((_, response) => response.end('{}'))
    this.#server.listen(this.path)
    await once(this.#server, 'listening')
  }

  async go(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }

  /** As one that was killed: its path stays, and nobody is there. */
  async vanish(): Promise<void> {
    await this.go()
    unlinkIfThere(this.path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.go()
    unlinkIfThere(this.path)
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Whoever listened there has taken it away.
  }
}
