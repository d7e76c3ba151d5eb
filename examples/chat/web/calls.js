// Requests to the API: JSON out and in, errors as the gateway or the service says them, and a list
// of what was asked over which protocol.

/** The API lies beside the page. */
export const base = new URL('.', document.baseURI)

/** What an operation refused: the error body, or that nobody answered. */
export class Refused extends Error {
  constructor(status, error, waitMs) {
    super(error.message)
    this.status = status
    this.error = error
    this.retryAfterMs = waitMs
  }
}

const shownMax = 50

/** Newest first. A call is `{method, path, status, protocol, ms, href}`. */
export const calls = []
const listeners = new Set()

export function onCalls(listener) {
  listeners.add(listener)
}

const tell = () => listeners.forEach((listener) => listener(calls))

/** A line of the list, to be changed by `note` as more is known. */
export function began(method, url) {
  const call = { method, path: url.pathname, href: url.href, startedMs: performance.now() }
  calls.unshift(call)
  calls.length = Math.min(calls.length, shownMax)
  tell()
  return call
}

export function note(call, changes) {
  Object.assign(call, changes)
  tell()
}

// The browser knows which protocol carried a request, once its reply has ended.
new PerformanceObserver((list) => {
  for (const { name, startTime, nextHopProtocol, duration } of list.getEntries()) {
    const call = calls.findLast(
      (one) => one.href === name && one.protocol === undefined && one.startedMs <= startTime + 1,
    )
    if (call) Object.assign(call, { protocol: nextHopProtocol, ms: Math.round(duration) })
  }
  tell()
}).observe({ type: 'resource' })

/** Fetches with the token; what is not 2xx is thrown as it was said. */
export async function request(method, path, { token, headers, body, signal } = {}) {
  const url = new URL(path, base)
  const call = began(method, url)
  let reply
  try {
    reply = await fetch(url, {
      method,
      signal,
      cache: 'no-store',
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    note(call, { status: 'no reply', ms: Math.round(performance.now() - call.startedMs) })
    const message = 'Nobody answers. The network or the gateway is away.'
    throw new Refused(0, { code: 'NO_REPLY', message, retryable: true })
  }
  note(call, { status: reply.status })
  if (reply.ok) return reply
  throw new Refused(reply.status, await errorIn(reply), askedToWaitMs(reply))
}

/** A name for one write, the same when it is tried again. */
export function newKey() {
  // `crypto.randomUUID` is there on https and localhost alone.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export async function json(method, path, options) {
  const reply = await request(method, path, options)
  return reply.status === 204 ? undefined : reply.json()
}

async function errorIn(reply) {
  const requestId = reply.headers.get('x-request-id') ?? undefined
  const said = await reply.json().catch(() => undefined)
  const unknown = { code: `HTTP ${reply.status}`, message: reply.statusText || 'Refused.' }
  return { requestId, ...(said?.error ?? unknown) }
}

function askedToWaitMs(reply) {
  const seconds = Number(reply.headers.get('retry-after'))
  return seconds > 0 ? seconds * 1000 : undefined
}
