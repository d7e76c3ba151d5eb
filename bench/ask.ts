// One raw request and its whole reply, to see that a server answers at all, and what.
import { createConnection } from 'node:net'

export interface Answer {
  readonly status: number
  readonly body: string
}

const replyMsMax = 2000

/** Undefined where nobody listens, or the connection breaks. */
export function ask(port: number, request: string): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1').setEncoding('latin1')
    let reply = ''
    const end = (answer: Answer | undefined) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(replyMsMax, () => end(undefined))
    socket.on('error', () => end(undefined)).on('close', () => end(undefined))
    socket.on('connect', () => socket.write(request, 'latin1'))
    socket.on('data', (piece) => {
      reply += String(piece)
      const answer = answerIn(reply)
      if (answer !== undefined) end(answer)
    })
  })
}

function answerIn(reply: string): Answer | undefined {
  const headEnd = reply.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const length = Number(/\ncontent-length: *(\d+)/i.exec(reply.slice(0, headEnd))?.[1] ?? 0)
  const body = reply.slice(headEnd + 4)
  return body.length < length ? undefined : { status: Number(reply.slice(9, 12)), body }
}

/** Throws unless every request is answered through `port` as the service itself answers it. */
export async function provesToRelay(
  name: string,
  port: number,
  upstreamPort: number,
  requests: readonly string[],
): Promise<void> {
  for (const request of requests) {
    const want = await ask(upstreamPort, request)
    const given = await ask(port, request)
    if (given?.status !== want?.status || given?.body !== want?.body) {
      const line = request.slice(0, request.indexOf('\r'))
      throw new Error(`${name} answers '${line}' with ${JSON.stringify(given)}`)
    }
  }
}
