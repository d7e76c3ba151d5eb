// Runs one policy on requests that a test describes: configured, compiled and linked as a gateway
// would, its phases in order, and between them a service that answers what the test says.
import { z } from 'zod'
import { faults, type Refusal } from '../base.ts'
import {
  editFields,
  type HeaderList,
  mergeRequestEdits,
  type ReplyCheck,
  type Verdict,
} from '../http.ts'
import {
  type AnyPolicy,
  type Audience,
  type LinkedSteps,
  linkSteps,
  type Policy,
} from '../policy.ts'
import { siteFor, toolsFor, type World } from './site.ts'
import { bytesOf, flatFields, TestExchange, type TestRequest } from './test-exchange.ts'

export type { TestRequest } from './test-exchange.ts'

export interface PolicySetup<Config> extends Partial<World> {
  /** As under `policies` in a configuration; without it, what the policy has as its default. */
  readonly config?: Partial<Config> | Config | undefined
  readonly audience?: Audience | undefined
}

/** What became of one request. */
export interface PolicyOutcome {
  /** What the policy refused, undefined where it let all through. */
  readonly refusal: Refusal | undefined
  /** What the service was sent; undefined where nothing was. */
  readonly sent: SentRequest | undefined
  /** What the client got: the service's reply, or the refusal's, with the policy's edits. */
  readonly reply: { readonly status: number; readonly headers: Headers }
}

export interface SentRequest {
  readonly method: string
  readonly path: string
  readonly query: string | undefined
  /** What a policy made of `Host`; undefined: nothing. */
  readonly host: string | undefined
  readonly headers: Headers
}

export interface TestedPolicy<Plan> {
  /** As workers get it; undefined where the policy has nothing to do on such an operation. */
  readonly plan: Plan | undefined
  /** One request; what the policy remembers it has from those before. */
  readonly request: (request?: TestRequest) => Promise<PolicyOutcome>
}

/** Throws where the configuration is refused, with the reasons in its message. */
export function testPolicy<Config, Plan>(
  policy: Policy<Config, Plan>,
  setup: PolicySetup<Config> = {},
): TestedPolicy<Plan> {
  const own = policy as unknown as AnyPolicy
  const plan = planOf(own, setup)
  const steps = plan === undefined ? {} : linkSteps(own, plan, toolsFor(setup))
  return { plan: plan as Plan | undefined, request: (request) => ask(steps, request ?? {}, setup) }
}

function planOf(policy: AnyPolicy, setup: PolicySetup<unknown>): unknown {
  const { config, audience = 'public' } = setup
  const base = policy.defaultFor(audience)
  const written = isRecord(config) && isRecord(base) ? { ...base, ...config } : (config ?? base)
  const parsed = policy.schema(z).safeParse(written ?? {})
  if (!parsed.success) refused(policy, [z.prettifyError(parsed.error)])
  const problems: string[] = []
  const plan = policy.compile(parsed.data, siteFor({ ...setup, audience }, problems) as never)
  if (problems.length > 0) refused(policy, problems)
  // What is no data is lost on the way to a worker, and so it is here.
  return plan === undefined ? undefined : JSON.parse(JSON.stringify(plan))
}

function refused({ id }: AnyPolicy, why: readonly string[]): never {
  throw new Error(`the configuration of '${id}' is refused:\n${why.join('\n')}`)
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

async function ask(
  steps: LinkedSteps,
  request: TestRequest,
  setup: Partial<World>,
): Promise<PolicyOutcome> {
  const exchange = new TestExchange(request, setup)
  const refusal = await requestVerdict(steps, exchange, request)
  if (refusal !== undefined) return refusedOutcome(steps, exchange, refusal, undefined)
  const sent = sentBy(steps, exchange)
  exchange.wasSent()
  const { status = 200, headers = {} } = request.reply ?? {}
  const fields = mapped(steps, exchange, flatFields(headers))
  const late = replyVerdict(steps, exchange, { status, headers: fields }, request)
  if (late !== undefined) return refusedOutcome(steps, exchange, late, sent)
  return { refusal: undefined, sent, reply: finished(steps, exchange, status, fields) }
}

async function requestVerdict(
  { admit, check, content, watch, prepare }: LinkedSteps,
  exchange: TestExchange,
  request: TestRequest,
): Promise<Verdict> {
  const early = (await admit?.(exchange)) ?? (await check?.(exchange))
  if (early !== undefined) return early
  const body = bytesOf(request.body)
  exchange.body = body
  const whole = await content?.(exchange)
  if (whole !== undefined) return whole
  const watching = body === undefined ? undefined : watch?.(exchange)
  const streamed = body && (watching?.piece(Buffer.from(body)) ?? watching?.end())
  return streamed ?? (await prepare?.(exchange))
}

function sentBy({ request }: LinkedSteps, exchange: TestExchange): SentRequest {
  const { drop, set } = mergeRequestEdits(request === undefined ? [] : [request])
  const headers = headersOf(exchange.request.headers)
  for (const name of drop) headers.delete(name)
  for (let i = 0; i < set.length; i += 2) headers.set(set[i]!, set[i + 1]!)
  for (const [name, value] of exchange.own) {
    if (value === undefined) headers.delete(name)
    else headers.set(name, value)
  }
  const { path, query, upstreamHost } = exchange
  return { method: exchange.request.method, path, query, host: upstreamHost, headers }
}

function mapped({ mapped: by }: LinkedSteps, exchange: TestExchange, fields: string[]): string[] {
  if (by === undefined) return fields
  const kept: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i]!, fields[i + 1]!]
    const lowerName = name.toLowerCase()
    const sent = by.names.includes(lowerName) ? by.map(lowerName, value, exchange) : value
    if (sent !== undefined) kept.push(name, sent)
  }
  return kept
}

function replyVerdict(
  { verify }: LinkedSteps,
  exchange: TestExchange,
  head: { readonly status: number; readonly headers: HeaderList },
  { reply }: TestRequest,
): Verdict {
  const asked = verify?.(exchange, head)
  if (asked === undefined) return undefined
  return 'refusal' in asked ? asked.refusal : bodyVerdict(asked.check, bytesOf(reply?.body))
}

function bodyVerdict(check: ReplyCheck, body: Uint8Array = new Uint8Array()): Verdict {
  if (check.how === 'whole') return check.body(body)
  return (body.length > 0 ? check.watch.piece(Buffer.from(body)) : undefined) ?? check.watch.end()
}

function refusedOutcome(
  steps: LinkedSteps,
  exchange: TestExchange,
  refusal: Refusal,
  sent: SentRequest | undefined,
): PolicyOutcome {
  const { status } = faults[refusal.code]
  const reply = finished(steps, exchange, status, [...(refusal.headers ?? [])])
  return { refusal, sent, reply }
}

/** What the policy adds and takes where every reply passes. */
function finished(
  { edit, finish }: LinkedSteps,
  exchange: TestExchange,
  status: number,
  fields: string[],
): PolicyOutcome['reply'] {
  const reply = { status, headers: edit === undefined ? fields : editFields(fields, edit) }
  finish?.(reply, exchange)
  return { status: reply.status, headers: headersOf(reply.headers) }
}

function headersOf(fields: HeaderList): Headers {
  const headers = new Headers()
  for (let i = 0; i < fields.length; i += 2) headers.append(fields[i]!, fields[i + 1]!)
  return headers
}
