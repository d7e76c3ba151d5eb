// Where a policy stands in a test: an operation, a clock and chance that the test may own, and
// nothing of a gateway.
import { defaultLimits, type Random } from '../base.ts'
import type { Operation } from '../contract.ts'
import type { Audience, Site, StateNeed, Tools } from '../policy.ts'

/** What a test may say of the world. */
export interface World {
  /** What is said of it; the rest is a plain operation. */
  readonly operation: Partial<Operation>
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  readonly random: Random
}

const place = { file: 'openapi.yaml', line: 1, column: 1 }

const plainOperation: Operation = {
  id: 'test',
  method: 'GET',
  template: '/',
  basePaths: [''],
  parameters: [],
  body: undefined,
  statuses: ['default'],
  replyTypes: [],
  replies: () => [],
  schemaAt: () => undefined,
  security: [],
  settings: [],
  deprecated: false,
  summary: undefined,
  place,
}

/** Its problems are told as sentences. */
export function siteFor(
  { operation, audience }: Partial<World> & { readonly audience: Audience },
  problems: string[],
): Site {
  return {
    operation: { ...plainOperation, ...operation },
    audience,
    limits: defaultLimits,
    place: undefined,
    scope: 'test',
    report: ({ severity, message }) => {
      if (severity === 'error') problems.push(message)
    },
    file(name) {
      problems.push(`there is no file ${name} in a test`)
      return undefined
    },
    blob: (_, make) => ({ number: 0, bytes: make() }),
  }
}

export function toolsFor({ operation, nowMs, random }: Partial<World>): Tools {
  const states = new Map<string, unknown>()
  return {
    check: () => ({ valid: () => true, errors: () => [] }),
    limits: defaultLimits,
    operationId: operation?.id ?? plainOperation.id,
    random: random ?? Math.random,
    nowMs: nowMs ?? (() => performance.now()),
    inShadow: false,
    upstreamHosts: new Set(),
    blob: () => new Uint8Array(),
    state<S>({ name, bytesMax }: StateNeed, make: (memory: SharedArrayBuffer) => S): S {
      if (!states.has(name)) states.set(name, make(new SharedArrayBuffer(bytesMax)))
      return states.get(name) as S
    },
  }
}
