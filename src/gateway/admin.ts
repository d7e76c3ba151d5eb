// The admin server: probes and metrics, for operators alone. It runs on `node:http` in the main
// thread, away from the traffic. A browser on the same machine can be made to send requests here
// under a name of an attacker's (DNS rebinding), so the `Host` must be one that we expect.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as rest } from 'node:timers/promises'
import { type Clock, type Refusal, refuse, systemClock } from '../base.ts'
import { hostCheck, tokenCheck } from './admin-guard.ts'
import { type AdminAnswer, type AdminRoute, type AdminSources, ownRoutes } from './admin-routes.ts'
import { faultReply, wantsProblem } from '../engine.ts'
import { listenProblem } from './listen-problem.ts'

export interface AdminSetup {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** Host names beside `localhost`, the loopback addresses and `host`. */
  readonly allowedHosts?: readonly string[]
  /** For whatever writes; without it nothing may. */
  readonly token?: string
  readonly sources: AdminSources
  /** Beside the admin server's own. */
  readonly routes?: readonly AdminRoute[]
  readonly requestId: () => string
  /** Takes what a source threw, and what the system refuses us after we listen. */
  readonly report: (error: unknown) => void
  readonly clock?: Clock
}

export interface Admin {
  /** Gives the port, or a sentence on why it cannot listen. */
  listen(): Promise<{ readonly port: number } | { readonly failed: string }>
  /** Ends idle connections at once, and the others within two seconds. */
  close(): Promise<void>
}

// Probes and scrapes are small and few.
const bounds = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024,
}
const connectionsMax = 64
const idleTimeoutMs = 60_000
const closeTimeoutMs = 2_000

export function createAdmin(setup: AdminSetup): Admin {
  const find = createRouter(setup)
  const server = createServer(bounds, (request, response) => {
    serve(find(request), request, response, setup).catch((error: unknown) => {
      setup.report(error)
      failed(request, response, setup)
    })
  })
  server.maxConnections = connectionsMax
  server.setTimeout(idleTimeoutMs)
  return {
    listen: () => listen(server, setup),
    close: () => closed(server, setup.clock ?? systemClock),
  }
}

type Found = AdminRoute | Refusal

function createRouter(setup: AdminSetup): (request: IncomingMessage) => Found {
  const routes: readonly AdminRoute[] = [
    ...ownRoutes(setup.sources, () => routes),
    ...(setup.routes ?? []),
  ]
  const isExpected = hostCheck(setup.host, setup.allowedHosts ?? [])
  const mayWrite = tokenCheck(setup.token)
  return (request) => {
    const { headers, method, socket, url = '/' } = request
    if (!isExpected(headers.host, socket.localAddress)) return refuse('MISDIRECTED_REQUEST')
    const path = url.split('?', 1)[0]
    const here = routes.filter((route) => route.path === path)
    if (here.length === 0) return refuse('NOT_FOUND', 'Nothing is served under this path.')
    const route = here.find((one) => one.method === (method === 'HEAD' ? 'GET' : method))
    if (route === undefined) return methodRefusal(here)
    if (route.method !== 'GET' && !mayWrite(headers.authorization)) return tokenRefusal()
    return carriesBody(headers) ? refuse('CONTENT_TOO_LARGE', 'No body is taken here.') : route
  }
}

function methodRefusal(routes: readonly AdminRoute[]): Refusal {
  const methods = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return refuse('METHOD_NOT_ALLOWED', undefined, { headers: ['Allow', methods.join(', ')] })
}

function tokenRefusal(): Refusal {
  return refuse('UNAUTHENTICATED', 'The admin token is required.', {
    headers: ['WWW-Authenticate', 'Bearer realm="concordat admin"'],
  })
}

function carriesBody(headers: IncomingMessage['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

async function serve(
  found: Found,
  request: IncomingMessage,
  response: ServerResponse,
  setup: AdminSetup,
): Promise<void> {
  if ('code' in found) return refused(found, request, response, setup)
  const answer = await found.answer(queryOf(request))
  if ('code' in answer) return refused(answer, request, response, setup)
  response.writeHead(answer.status, { ...securityHeaders, 'Content-Type': answer.type })
  if (request.method !== 'HEAD') await writeBody(answer.body, response)
  response.end()
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  const mark = url.indexOf('?')
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark))
}

// The longest pieces take some milliseconds to make; in between, probes get their turn.
async function writeBody(body: AdminAnswer['body'], response: ServerResponse): Promise<void> {
  if (typeof body === 'string') {
    response.write(body)
    return
  }
  for await (const piece of body) {
    if (response.destroyed) return
    if (!response.write(piece)) await drained(response)
    await rest()
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
  })
}

const securityHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

function refused(
  refusal: Refusal,
  request: IncomingMessage,
  response: ServerResponse,
  setup: AdminSetup,
): void {
  const { status, headers, body } = faultReply(refusal, {
    requestId: setup.requestId(),
    form: wantsProblem(request.headers.accept) ? 'problem' : 'concordat',
    docs: undefined,
    safe: true,
  })
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
  for (let i = 0; i < headers.length; i += 2) response.setHeader(headers[i]!, headers[i + 1]!)
  // Whatever body came was not read, so the connection cannot be used again.
  if (carriesBody(request.headers)) response.setHeader('Connection', 'close')
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

function failed(request: IncomingMessage, response: ServerResponse, setup: AdminSetup): void {
  if (response.headersSent) response.destroy()
  else refused(refuse('INTERNAL_ERROR'), request, response, setup)
}

function listen(
  server: Server,
  { host, port, report }: AdminSetup,
): Promise<{ port: number } | { failed: string }> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException) =>
      resolve({ failed: listenProblem('the admin server', { host, port }, error) })
    server.once('error', fail)
    server.listen({ host, port, exclusive: true }, () => {
      // Out of file descriptors, accepting fails with an event that would end the process unheard.
      server.off('error', fail).on('error', report)
      resolve({ port: (server.address() as AddressInfo).port })
    })
  })
}

function closed(server: Server, clock: Clock): Promise<void> {
  const cancel = clock.after(closeTimeoutMs, () => server.closeAllConnections())
  return new Promise((resolve) => {
    // This also ends the connections that are idle.
    server.close(() => {
      cancel()
      resolve()
    })
  })
}
