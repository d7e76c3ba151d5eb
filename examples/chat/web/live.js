// Follows a channel for as long as it is wanted, by events or by a WebSocket. A connection that is
// lost is made again from the last cursor, so that whatever was said meanwhile comes first.
//
//   connecting ─▶ live ─▶ waiting ─▶ connecting …        stopped: refused for good, or no longer wanted
import { base, began, json, note, Refused, request } from './calls.js'
import { eventsIn } from './sse.js'

const waitMs = { first: 1_000, max: 15_000 }

/** The gateway and the service both say something at least every 15 seconds. */
const silenceMs = 40_000

/**
 * Goes on from `cursor`, or with what comes next. `on` hears `state`, `message`, `gap` and `refused`.
 * Gives `stop`, `hurry`, `send`, and the `cursor` that it has come to.
 */
export function follow({ way, channelId, token, cursor, on }) {
  const abort = new AbortController()
  const { signal } = abort
  const link = { channelId, token, on, cursor, socket: undefined, signal, failures: 0 }
  let hurry

  const run = async () => {
    const connect = way === 'socket' ? overSocket : overEvents
    while (!signal.aborted) {
      on.state({ at: 'connecting' })
      const lost = await connect(link).catch((error) => error)
      if (signal.aborted) return
      // That nobody answers the state tells already.
      if (lost instanceof Refused && lost.status !== 0) on.refused(lost)
      if (lost instanceof Refused && !isWorthARetry(lost)) return on.state({ at: 'stopped' })
      const ms = pauseMs(link.failures++, lost)
      on.state({ at: 'waiting', ms })
      await new Promise((done) => {
        hurry = done
        setTimeout(done, ms)
        signal.addEventListener('abort', done, { once: true })
      })
    }
  }
  void run()

  return {
    cursor: () => link.cursor,
    stop: () => abort.abort(),
    /** Connects now where it would wait. */
    hurry: () => hurry?.(),
    /** False: there is no open socket. */
    send(message) {
      if (link.socket?.readyState !== WebSocket.OPEN) return false
      link.socket.send(JSON.stringify(message))
      return true
    },
  }
}

const isWorthARetry = ({ status, error }) => status === 0 || error.retryable || status >= 500

/** Longer after each failure, and never the same for all: they were cut off together. */
function pauseMs(failures, lost) {
  const asked = lost?.retryAfterMs ?? 0
  const ms = Math.min(waitMs.first * 2 ** failures, waitMs.max)
  return Math.max(asked, ms / 2 + (Math.random() * ms) / 2)
}

function isLive(link) {
  link.failures = 0
  link.on.state({ at: 'live' })
}

async function overEvents(link) {
  const { channelId, token, signal } = link
  const silence = new AbortController()
  const headers = {
    Accept: 'text/event-stream',
    ...(link.cursor && { 'Last-Event-ID': link.cursor }),
  }
  const reply = await request('GET', `channels/${channelId}/messages/stream`, {
    token,
    headers,
    signal: AbortSignal.any([signal, silence.signal]),
  })
  let timer = setTimeout(() => silence.abort(), silenceMs)
  try {
    for await (const event of eventsIn(reply.body)) {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), silenceMs)
      if (event.id === undefined && event.data === undefined) continue
      if (event.data === undefined) isLive(link)
      link.cursor = event.id ?? link.cursor
      if (event.data === undefined) continue
      const data = JSON.parse(event.data)
      if (event.event === 'gap') link.on.gap(data.since)
      else link.on.message(data)
    }
  } finally {
    clearTimeout(timer)
  }
}

async function overSocket(link) {
  const { channelId, token, signal } = link
  const url = new URL(`channels/${channelId}/socket`, base)
  url.protocol = url.protocol.replace('http', 'ws')
  const call = began('GET', url)
  if (link.cursor) url.searchParams.set('cursor', link.cursor)
  const socket = new WebSocket(url, ['chat.v1', `bearer.${token}`])
  link.socket = socket
  const stop = () => socket.close(1000)
  signal.addEventListener('abort', stop)
  socket.addEventListener('open', () => note(call, { status: 101, protocol: 'websocket' }))
  socket.addEventListener('message', ({ data }) => heard(link, JSON.parse(data)))
  const { code, reason } = await new Promise((closed) => {
    socket.addEventListener('close', closed)
  })
  signal.removeEventListener('abort', stop)
  const ms = Math.round(performance.now() - call.startedMs)
  note(call, { status: call.status === 101 ? `closed ${code}` : 'refused', ms })
  // Why a handshake was refused the browser keeps to itself: who asks for the channel is told.
  if (call.status === 'refused' || code === 1008) {
    await json('GET', `channels/${channelId}`, { token, signal })
  }
  if (isBreach(code)) {
    const message = reason === '' ? 'The socket was closed.' : `The socket was closed: ${reason}.`
    throw new Refused(code, { code: 'CLOSED', message, retryable: true })
  }
}

/** Not the end of a service, of a page or of the network, but of something that was said. */
const isBreach = (code) => [1002, 1003, 1007, 1008, 1009, 1010].includes(code)

function heard(link, { message, cursor, gap, error }) {
  if (error) return link.on.refused(new Refused(undefined, error))
  if (!message && !gap) isLive(link)
  link.cursor = cursor
  if (gap) link.on.gap(gap.since)
  if (message) link.on.message(message)
}
