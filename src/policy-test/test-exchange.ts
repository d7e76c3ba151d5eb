// An exchange as a test describes it.
import { assert } from '../base.ts'
import {
  editProblem,
  type Exchange,
  type HeaderList,
  type RequestHead,
  type SentTo,
} from '../http.ts'
import type { World } from './site.ts'

/** A request, and what the service would answer; what is not said is as plain as can be. */
export interface TestRequest {
  readonly method?: string
  /** Path and query, `/` where it is not said. */
  readonly target?: string
  readonly headers?: Fields
  /** An object is sent as JSON. */
  readonly body?: Body
  readonly host?: string
  /** Of the client. */
  readonly address?: string
  /** Captured path parameters in template order. */
  readonly pathValues?: readonly string[]
  readonly reply?: {
    readonly status?: number
    readonly headers?: Fields
    readonly body?: Body
  }
}

type Fields = Readonly<Record<string, string | readonly string[]>>
type Body = string | Uint8Array | object

export class TestExchange implements Exchange {
  readonly id = '0'.repeat(32)
  readonly request: RequestHead
  readonly client: Exchange['client']
  readonly operationId: string
  readonly pathValues: readonly string[]
  readonly startedMs: number
  query: string | undefined
  path: string
  upstreamHost: string | undefined
  body: Uint8Array | undefined
  sentTo: SentTo | undefined
  /** What steps set (a value) or took out (undefined). */
  readonly own = new Map<string, string | undefined>()

  constructor(request: TestRequest, { nowMs, operation }: Partial<World>) {
    this.request = headOf(request)
    this.path = this.request.path
    this.query = this.request.query
    this.client = { address: request.address ?? '192.0.2.1', port: 50_000, viaTrustedHop: false }
    this.operationId = operation?.id ?? 'test'
    this.pathValues = request.pathValues ?? []
    this.startedMs = nowMs?.() ?? performance.now()
  }

  setField(name: string, value: string | undefined): void {
    const problem = editProblem(name)
    assert(problem === undefined, `the field ${name} cannot be set: ${problem}`)
    this.own.set(name, value)
  }

  wasSent(): void {
    this.sentTo = { authority: this.upstreamHost ?? 'service.test', basePath: '' }
  }
}

function headOf(request: TestRequest): RequestHead {
  const { method = 'GET', target = '/', host = 'api.test', headers = {} } = request
  const at = target.indexOf('?')
  const body = bytesOf(request.body)
  return {
    method,
    target,
    path: at === -1 ? target : target.slice(0, at),
    query: at === -1 ? undefined : target.slice(at + 1),
    host,
    version: '1.1',
    headers: headersWith(headers, request.body),
    bodyLength: body === undefined ? 'none' : body.length,
  }
}

/** JSON says that it is, where the test does not. */
function headersWith(fields: Fields, body: Body | undefined): HeaderList {
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array)
  const isSaid = Object.keys(fields).some((name) => name.toLowerCase() === 'content-type')
  const flat = flatFields(fields)
  return isJson && !isSaid ? [...flat, 'Content-Type', 'application/json'] : flat
}

export function flatFields(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [name, value]),
  )
}

export function bytesOf(body: Body | undefined): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
}
