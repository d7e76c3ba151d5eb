// For tests of policies: an operation, an exchange and tools with sensible rests.
import { defaultLimits, seededRandom } from '../base.ts'
import type { Operation } from '../contract.ts'
import type { Exchange, HeaderList } from '../http.ts'
import type { Site, StateNeed, Tools } from './policy.ts'

export function operationWith(more: Partial<Operation> = {}): Operation {
  return {
    id: 'getThing',
    method: 'GET',
    template: '/things/{id}',
    basePaths: [''],
    parameters: [],
    body: undefined,
    statuses: ['200'],
    replyTypes: [],
    replies: () => [],
    schemaAt: () => undefined,
    security: [],
    settings: [],
    deprecated: false,
    summary: undefined,
    place: { file: 'openapi.yaml', line: 7, column: 3 },
    ...more,
  }
}

export function siteWith(operation: Operation, problems: string[] = []): Site {
  return {
    operation,
    audience: 'public',
    limits: defaultLimits,
    place: undefined,
    scope: 'api',
    report: ({ message }) => problems.push(message),
    file: () => undefined,
    blob: (_, make) => ({ number: 0, bytes: make() }),
  }
}

export function exchangeWith(headers: HeaderList, query?: string, address = '192.0.2.1'): Exchange {
  return {
    id: '0'.repeat(32),
    request: {
      method: 'GET',
      target: '/things/1',
      path: '/things/1',
      query,
      host: 'api.test',
      version: '1.1',
      headers,
      bodyLength: 'none',
    },
    client: { address, port: 1, viaTrustedHop: false },
    operationId: 'getThing',
    pathValues: ['1'],
    startedMs: 0,
    query,
    path: '/things/1',
    upstreamHost: undefined,
    sentTo: undefined,
    setField: () => undefined,
    body: undefined,
  }
}

export function toolsWith(): Tools {
  const states = new Map<string, unknown>()
  return {
    check: () => ({ valid: () => true, errors: () => [] }),
    limits: defaultLimits,
    operationId: 'getThing',
    random: seededRandom(1),
    nowMs: () => 0,
    inShadow: false,
    upstreamHosts: new Set(),
    blob: () => new Uint8Array(),
    state<S>({ name, bytesMax }: StateNeed, make: (memory: SharedArrayBuffer) => S): S {
      if (!states.has(name)) states.set(name, make(new SharedArrayBuffer(bytesMax)))
      return states.get(name) as S
    },
  }
}

/** `Name: value`, one a field: easier to read than a flat list. */
export function fieldLines(headers: HeaderList): string[] {
  const lines: string[] = []
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  return lines
}
