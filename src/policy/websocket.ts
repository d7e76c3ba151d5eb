// websocket: an operation that declares `101` takes WebSockets (RFC 6455, RFC 8441), and no other
// does. Here is what must hold of the handshake, and what is asked of the messages; frames are read
// by `src/http/websocket-reader.ts`, in every socket alike.
import { type Detail, refuse } from '../base.ts'
import {
  type Breach,
  type Exchange,
  headerValue,
  headerValues,
  type MessageRules,
  type Verdict,
} from '../http.ts'
import { readJson } from '../schema.ts'
import { originTest } from './origin.ts'
import { definePolicy, type Site, type Tools, type TunnelTerms, type Zod } from './policy.ts'

interface SchemaReference {
  readonly $ref: string
}

export interface WebSocketConfig {
  readonly origins?: readonly string[] | undefined
  readonly messageBytesMax?: number | undefined
  readonly messagesPerSecondMax?: number | undefined
  readonly checkUtf8?: boolean | undefined
  readonly messages?:
    | {
        readonly client?: SchemaReference | undefined
        readonly server?: SchemaReference | undefined
      }
    | undefined
  readonly idleTimeoutMs: number
  readonly pingMs: number
  readonly fragmentsMax: number
  readonly controlFramesPerSecondMax: number
}

export interface WebSocketPlan extends Omit<WebSocketConfig, 'messages'> {
  /** Numbers of the schemas of messages. */
  readonly client?: number | undefined
  readonly server?: number | undefined
  /** Whether the contract declares no other success. */
  readonly isAlways: boolean
}

const minute = 60_000
const dayMs = 1440 * minute

export const websocket = definePolicy<WebSocketConfig, WebSocketPlan>({
  id: 'websocket',
  about: 'Operations that declare 101 take WebSockets: from which pages, with which messages.',
  phase: 'several',
  schema,
  defaultFor: () => ({
    idleTimeoutMs: 60 * minute,
    pingMs: 30_000,
    fragmentsMax: 16_384,
    controlFramesPerSecondMax: 50,
  }),
  compile,
  looser,
  link: (plan, tools) => ({ check: handshakeStep(plan), tunnel: tunnelTerms(plan, tools) }),
})

function schema(zod: Zod) {
  const orNever = (least: number) => zod.union([zod.literal(0), zod.int().min(least).max(dayMs)])
  const reference = zod.strictObject({ $ref: zod.string().startsWith('#/') })
  return zod.strictObject({
    origins: zod
      .array(zod.union([zod.literal('*'), zod.literal('self'), zod.string().regex(originForm)]))
      .min(1)
      .optional()
      .describe(
        "origins whose pages may open a socket, 'self' for that of the API, '*' for all; without the list 'self' alone; clients that are no pages send none and may",
      ),
    messageBytesMax: zod
      .int()
      .min(1)
      .max(1_073_741_824)
      .optional()
      .describe('bytes of one message, either way'),
    messagesPerSecondMax: zod
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('messages of the client in a second, and as many at once'),
    checkUtf8: zod.boolean().optional().describe('whether texts are held to UTF-8 on their way'),
    messages: zod
      .strictObject({ client: reference.optional(), server: reference.optional() })
      .optional()
      .describe('schemas of the contract for what each side sends: then texts of JSON alone'),
    idleTimeoutMs: orNever(1_000).describe(
      'after so long without a message a socket is closed; 0: never',
    ),
    pingMs: orNever(1_000).describe(
      'silence of a side after which it is pinged, and closed where it stays silent as long again; 0: none',
    ),
    fragmentsMax: zod.int().min(1).max(1_000_000).describe('fragments of one message'),
    controlFramesPerSecondMax: zod
      .int()
      .min(1)
      .max(100_000)
      .describe('pings and pongs of each side in a second'),
  })
}

const originForm = /^[a-z][a-z0-9+.-]*:\/\/[^/\s,*]+$/

function compile(config: WebSocketConfig, site: Site): WebSocketPlan | undefined {
  const { method, statuses } = site.operation
  if (method !== 'GET' || !statuses.includes('101')) return undefined
  const { messages, ...rest } = config
  return {
    ...rest,
    ...numberOf('client', messages?.client, site),
    ...numberOf('server', messages?.server, site),
    isAlways: !statuses.some((status) => /^(?:[23]..|default)$/.test(status)),
  }
}

function numberOf(side: 'client' | 'server', reference: SchemaReference | undefined, site: Site) {
  if (reference === undefined) return {}
  const { operation, report, place } = site
  const number = operation.schemaAt(reference.$ref, side === 'client' ? 'request' : 'reply')
  if (number !== undefined) return { [side]: number }
  const message = `'messages.${side}' leads nowhere: the contract has no ${reference.$ref}`
  report({ severity: 'error', message, place: place ?? operation.place })
  return {}
}

const bounds = ['messageBytesMax', 'messagesPerSecondMax', 'idleTimeoutMs'] as const
const floods = ['fragmentsMax', 'controlFramesPerSecondMax'] as const

function looser(outer: WebSocketConfig, inner: WebSocketConfig): string | undefined {
  const higher = [...bounds, ...floods].filter(
    (key) => (inner[key] || Infinity) > (outer[key] || Infinity),
  )
  const found = higher.map((key) => `${key} ${inner[key] ?? 'none'} in place of ${outer[key]}`)
  const more = moreOrigins(outer, inner)
  if (more.length > 0) found.push(`origins ${more.join(', ')} too`)
  for (const side of ['client', 'server'] as const) {
    if (outer.messages?.[side] && !inner.messages?.[side]) found.push(`any messages of the ${side}`)
  }
  if (outer.checkUtf8 === true && inner.checkUtf8 !== true) found.push('texts are not checked')
  return found.length > 0 ? found.join('; ') : undefined
}

/** Whoever lists the first narrows down nothing that somebody wrote. */
function moreOrigins({ origins: outside }: WebSocketConfig, { origins = [] }: WebSocketConfig) {
  if (outside === undefined || outside.includes('*')) return []
  return origins.filter((one) => !outside.includes(one))
}

// The handshake.

function handshakeStep({ origins, isAlways }: WebSocketPlan) {
  const isOrigin = originTest(origins ?? ['self'])
  return (exchange: Exchange): Verdict => {
    const { request } = exchange
    if (request.upgrade !== 'websocket') return isAlways ? upgradeRequired : undefined
    const from = headerValues(request.headers, 'origin')
    if (from.length > 1 || (from.length === 1 && !isOrigin(from[0]!, request.host))) {
      return refuse('ORIGIN_DENIED')
    }
    if (headerValue(request.headers, 'sec-websocket-version') !== '13') return upgradeRequired
    return keyProblem(exchange)
  }
}

const upgradeRequired = refuse('UPGRADE_REQUIRED', undefined, {
  headers: ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Version', '13'],
})

/** Sixteen bytes in base64 (RFC 6455 §4.1); over HTTP/2 there is none (RFC 8441 §5). */
const keyForm = /^[A-Za-z0-9+/]{21}[AQgw]==$/

function keyProblem({ request }: Exchange): Verdict {
  if (request.version !== '1.1') return undefined
  const keys = headerValues(request.headers, 'sec-websocket-key')
  if (keys.length === 1 && keyForm.test(keys[0]!)) return undefined
  return refuse('INVALID_INPUT', 'The key of the handshake is none.', { details: [badKey] })
}

const badKey: Detail = {
  in: 'header',
  field: 'Sec-WebSocket-Key',
  issue: 'invalid_format',
  message: 'is not sixteen bytes in base64',
}

// Messages.

function tunnelTerms(plan: WebSocketPlan, tools: Tools): TunnelTerms {
  const { pingMs, idleTimeoutMs, fragmentsMax, controlFramesPerSecondMax } = plan
  const { messagesPerSecondMax: perSecondMax } = plan
  return {
    protocol: 'websocket',
    pingMs,
    idleTimeoutMs,
    fragmentsMax,
    controlFramesPerSecondMax,
    client: { ...rulesOf(plan, plan.client, tools), perSecondMax },
    server: rulesOf(plan, plan.server, tools),
  }
}

/** What is held has a bound, whatever is written. */
function rulesOf(
  plan: WebSocketPlan,
  schemaNumber: number | undefined,
  tools: Tools,
): MessageRules {
  const { checkUtf8, messageBytesMax } = plan
  const areTextsChecked = checkUtf8 === true
  if (schemaNumber === undefined) return { bytesMax: messageBytesMax, areTextsChecked }
  const bytesMax = messageBytesMax ?? tools.limits.itemBytesMax
  return { bytesMax, judge: judgeOf(schemaNumber, tools) }
}

function judgeOf(schemaNumber: number, { check: checkOf, limits }: Tools): MessageRules['judge'] {
  const check = checkOf(schemaNumber)
  const { jsonDepthMax: depthMax, jsonValuesMax: valuesMax } = limits
  return (payload, isText) => {
    if (!isText) return { kind: 'type', reason: 'a binary message' }
    const read = readJson(payload, { depthMax, valuesMax })
    if ('problem' in read) return breachOf(read.problem.issue, read.problem.message)
    if (check.valid(read.value)) return undefined
    const [first] = check.errors(read.value, 1)
    const place = first === undefined || first.pointer === '' ? 'message' : first.pointer
    return { kind: 'content', reason: `${place} ${first?.message ?? 'does not match'}` }
  }
}

const breachOf = (issue: string, message: string): Breach => ({
  kind: issue === 'invalid_utf8' ? 'encoding' : 'content',
  reason: `message ${message}`,
})
