// rewrite: another path or host for the service than the contract has for the client. What is
// matched is the client's path; what is built from it holds the values byte for byte.
import { assert, refuse } from '../base.ts'
import type { Exchange, Step, Verdict } from '../http.ts'
import { definePolicy, type Site, type Zod } from './policy.ts'

export interface RewriteConfig {
  /** With parameters of the operation's own path in braces. */
  readonly path?: string | undefined
  readonly prefix?: { readonly from: string; readonly to: string } | undefined
  readonly host?: string | undefined
}

export interface RewritePlan {
  /** Text, and positions of path values, in turn. */
  readonly path: readonly (string | number)[] | undefined
  /** Segments of the client's path that `to` replaces: how long they are tells how they are escaped. */
  readonly prefix: { readonly segments: number; readonly to: string } | undefined
  readonly host: string | undefined
}

export const rewrite = definePolicy<RewriteConfig, RewritePlan>({
  id: 'rewrite',
  about: 'The path and the host that the service sees in place of those of the contract.',
  phase: 'prepare',
  schema,
  defaultFor: () => undefined,
  compile,
  link: ({ path, prefix, host }) => {
    const steps: ((exchange: Exchange) => Verdict)[] = []
    if (path !== undefined) steps.push(pathStep(path))
    if (prefix !== undefined) steps.push(prefixStep(prefix.segments, prefix.to))
    if (host !== undefined) steps.push(hostStep(host))
    return inTurn(steps)
  },
})

function inTurn(steps: readonly ((exchange: Exchange) => Verdict)[]): Step {
  if (steps.length === 1) return steps[0]!
  return (exchange) => {
    for (let i = 0; i < steps.length; i++) {
      const verdict = steps[i]!(exchange)
      if (verdict !== undefined) return verdict
    }
    return undefined
  }
}

function pathStep(parts: readonly (string | number)[]) {
  return (exchange: Exchange): Verdict => {
    let path = ''
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!
      path += typeof part === 'string' ? part : exchange.pathValues[part]!
    }
    return sentAs(exchange, path)
  }
}

const prefixStep =
  (segments: number, to: string) =>
  (exchange: Exchange): Verdict => {
    const { path } = exchange
    let at = 0
    for (let left = segments; left > 0 && at >= 0; left--)
      at = path.indexOf('/', segmentAt(path, at))
    const rest = at < 0 ? '' : path.slice(at)
    return sentAs(exchange, to === '' && rest === '' ? '/' : to + rest)
  }

const hostStep =
  (host: string) =>
  (exchange: Exchange): undefined => {
    exchange.upstreamHost = host
  }

/** Behind one slash, or more where the operation takes them for one. */
function segmentAt(path: string, from: number): number {
  let at = from
  while (path.charCodeAt(at) === 0x2f) at++
  return at
}

/** A segment of dots as a server may read it that decodes twice, or cuts parameters off. */
const dotSegment =
  /(?:[/\\]|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){1,2}(?:$|[/\\;]|%(?:25)*(?:2f|5c|3b))/i

/** Values that were harmless in their own place may make a segment of dots in another. */
function sentAs(exchange: Exchange, path: string): Verdict {
  if (path.includes('//') || dotSegment.test(path)) return refuse('INVALID_PATH')
  exchange.path = path
  return undefined
}

function compile(config: RewriteConfig, site: Site): RewritePlan | undefined {
  const { operation } = site
  const prefix = config.prefix && prefixPlan(config.prefix, site)
  const path = config.path === undefined ? undefined : pathPlan(config.path, operation.template)
  if (typeof path === 'string') {
    const { place } = site
    assert(place !== undefined, 'there is no default to be wrong')
    site.report({ severity: 'error', message: path, place })
    return undefined
  }
  const { host } = config
  return (path ?? prefix ?? host) ? { path, prefix, host } : undefined
}

/** Undefined where the paths of the operation do not begin so: then it has nothing to do there. */
function prefixPlan({ from, to }: NonNullable<RewriteConfig['prefix']>, { operation }: Site) {
  const begins = operation.basePaths.every((base) => {
    const path = base + operation.template
    return path === from || path.startsWith(`${from}/`)
  })
  return begins ? { segments: from.split('/').length - 1, to } : undefined
}

/** The parts, or what is wrong with the template. */
function pathPlan(text: string, template: string): (string | number)[] | string {
  const names = [...template.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!)
  const parts: (string | number)[] = []
  for (const [i, piece] of text.split(/\{([^{}]+)\}/).entries()) {
    if (i % 2 === 0) {
      if (piece !== '') parts.push(piece)
      continue
    }
    const at = names.indexOf(piece)
    if (at < 0) return `'{${piece}}' is no parameter of the path ${template}`
    parts.push(at)
  }
  return parts
}

const segments = String.raw`(?:/[\w!$&'()*+,;=:@~.%{}-]+)`

function schema(zod: Zod) {
  const prefix = zod
    .string()
    .regex(new RegExp(`^(?:${segments}+)?$`), 'expected a path such as /v1, without a slash behind')
    .refine((text) => !/[{}]|\/\.{1,2}(?:\/|$)|%/.test(text), 'expected plain segments')
  return zod
    .strictObject({
      path: zod
        .string()
        .regex(new RegExp(`^(?:/|${segments}+/?)$`), 'expected a path such as /v2/users/{userId}')
        .refine((text) => !/\/\.{1,2}(?:\/|$)|%/.test(text), 'expected plain segments')
        .refine((text) => !/[{}]/.test(text.replaceAll(/\{[^{}]+\}/g, '')), 'a brace stands alone')
        .optional()
        .describe('path that is sent, with parameters of the own path in braces'),
      prefix: zod
        .strictObject({
          from: prefix.min(1).describe('how paths begin here, base path included'),
          to: prefix.describe('what stands there for the service; empty: nothing'),
        })
        .optional()
        .describe('how the path that is sent begins'),
      host: zod
        .string()
        .regex(/^(?:[\w.~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/, 'expected a host such as api.test')
        .optional()
        .describe('the `Host` that is sent'),
    })
    .refine(({ path, prefix: from }) => path === undefined || from === undefined, {
      message: "'path' and 'prefix' exclude each other",
    })
    .refine((config) => Object.keys(config).length > 0, 'nothing is rewritten')
}
