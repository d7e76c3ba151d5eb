// What a client reads when it is refused: Concordat's own form, or RFC 9457 problem details.
// Refusals are cheap to provoke, so everything that a code decides is made once, at load.
import { type Detail, type FaultCode, faults, type Refusal } from '../base.ts'
import { headerValue, isIdempotent, reasonPhrase, type RequestHead, retryAfter } from '../http.ts'

export type ErrorForm = 'concordat' | 'problem'

export interface FaultContext {
  readonly requestId: string
  readonly form: ErrorForm
  /** Where the docs of faults live; the code is appended. */
  readonly docs: string | undefined
  /**
   * Whether sending the request again can do no harm: its method is idempotent, or nothing of it
   * went upstream.
   */
  readonly safe: boolean
  /** Overrides what catalogue and `safe` say. */
  readonly retryable?: boolean
}

export interface FaultReply {
  readonly status: number
  readonly headers: string[]
  readonly body: string
}

export function faultReply(refusal: Refusal, context: FaultContext): FaultReply {
  const parts = partsOf[refusal.code]
  const { status } = parts
  const retryable = context.retryable ?? (parts.retryable && (context.safe || status < 500))
  return {
    status,
    headers: replyHeaders(refusal, context.form),
    body:
      context.form === 'problem'
        ? problemBody(refusal, parts, context, retryable)
        : concordatBody(refusal, parts, context, retryable),
  }
}

/** What the client of a request reads; `sent` tells whether any of it went upstream. */
export function refusalReply(
  refusal: Refusal,
  {
    errorForm,
    faultDocs,
  }: { readonly errorForm: ErrorForm; readonly faultDocs?: string | undefined },
  { method, headers }: RequestHead,
  requestId: string,
  sent: boolean,
): FaultReply {
  const problem = errorForm === 'problem' || wantsProblem(headerValue(headers, 'accept'))
  return faultReply(refusal, {
    requestId,
    form: problem ? 'problem' : 'concordat',
    docs: faultDocs,
    safe: !sent || isIdempotent(method),
  })
}

/** Whether an `Accept` names `application/problem+json`, and prefers nothing in JSON to it. */
export function wantsProblem(accept: string | undefined): boolean {
  if (accept === undefined || !/application\/problem\+json/i.test(accept)) return false
  const weights = new Map<string, number>()
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    weights.set(type, weightOf(parameters))
  }
  const weight = weights.get('application/problem+json') ?? 0
  return weight > 0 && weight >= (weights.get('application/json') ?? 0)
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  const weight = q === undefined ? 1 : Number(q.slice(2))
  return weight >= 0 && weight <= 1 ? weight : 0
}

interface Parts {
  readonly status: number
  readonly retryable: boolean
  readonly message: string
  /** The message as JSON. */
  readonly quoted: string
  /** From the start of the body to the message. */
  readonly concordat: string
  /** What follows `type` in a problem whose type is unknown, or is a page of docs. */
  readonly blank: string
  readonly titled: string
}

const partsOf = Object.fromEntries(
  (Object.keys(faults) as FaultCode[]).map((code) => [code, makeParts(code)]),
) as Record<FaultCode, Parts>

function makeParts(code: FaultCode): Parts {
  const { status, retryable, message } = faults[code]
  const quoted = JSON.stringify(message)
  const rest = `"status":${status},"code":"${code}","detail":`
  return {
    status,
    retryable,
    message,
    quoted,
    concordat: `{"error":{"code":"${code}","message":`,
    // RFC 9457, section 4.2.1: the title of `about:blank` is the phrase of the status.
    blank: `{"type":"about:blank","title":"${reasonPhrase(status)}",${rest}`,
    titled: `"title":${quoted},${rest}`,
  }
}

function concordatBody(
  { code, details, message }: Refusal,
  parts: Parts,
  { docs, requestId }: FaultContext,
  retryable: boolean,
): string {
  const link = docs === undefined ? '' : `,"docs":${JSON.stringify(docs + code)}`
  return `${parts.concordat}${messageText(message, parts)}${detailsText(details)},"retryable":${retryable},"requestId":${JSON.stringify(requestId)}${link}}}`
}

function problemBody(
  { code, details, message }: Refusal,
  parts: Parts,
  { docs, requestId }: FaultContext,
  retryable: boolean,
): string {
  const start =
    docs === undefined ? parts.blank : `{"type":${JSON.stringify(docs + code)},${parts.titled}`
  return `${start}${messageText(message, parts)}${detailsText(details)},"retryable":${retryable},"requestId":${JSON.stringify(requestId)}}`
}

function messageText(message: string, parts: Parts): string {
  return message === parts.message ? parts.quoted : bounded(message, messageCharsMax)
}

// A field can be a pointer through keys that the client chose: it must not get them back at length.
const fieldCharsMax = 256
const messageCharsMax = 512

function bounded(text: string, charsMax: number): string {
  return JSON.stringify(text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`)
}

function detailsText(details: readonly Detail[] | undefined): string {
  if (details === undefined || details.length === 0) return ''
  return `,"details":[${details.map(detailText).join(',')}]`
}

function detailText({ field, in: place, issue, message }: Detail): string {
  return `{"in":"${place}","field":${bounded(field, fieldCharsMax)},"issue":${JSON.stringify(issue)},"message":${bounded(message, messageCharsMax)}}`
}

// Statuses such as 404 may be kept by caches unless the reply forbids it (RFC 9110, 15.1).
const commonHeaders = {
  concordat: ['Content-Type', 'application/json', 'Cache-Control', 'no-store'],
  problem: ['Content-Type', 'application/problem+json', 'Cache-Control', 'no-store'],
} as const satisfies Record<ErrorForm, readonly string[]>

function replyHeaders({ headers, retryAfterMs }: Refusal, form: ErrorForm): string[] {
  const all: string[] = [...commonHeaders[form]]
  if (retryAfterMs !== undefined) all.push('Retry-After', retryAfter(retryAfterMs))
  if (headers !== undefined) all.push(...headers)
  return all
}
