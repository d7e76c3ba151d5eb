// Clients that stay for long: sessions of HTTP/2 with several requests at once, WebSockets, readers of
// events. Each notes what was not as it must be, and comes again when it is sent away.
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { WebSocket } from 'ws'
import { sleep } from './readings.ts'

/** What all of a kind have noted. */
export interface Noted {
  readonly wrong: string[]
  answered: number
  /** How often each kind of end came. */
  readonly ends: Map<string, number>
}

export const newNoted = (): Noted => ({ wrong: [], answered: 0, ends: new Map() })

const count = ({ ends }: Noted, end: string): void => void ends.set(end, (ends.get(end) ?? 0) + 1)

export interface World {
  isOver: boolean
  /** Whether whoever is sent away comes again. */
  isLast: boolean
  readonly port: number
  readonly securePort: number
  readonly ca: string
}

const requestsAtOnce = 4
const body = Buffer.alloc(20_000, 'x')
const paths = ['/items/1', '/items/2', '/far/3']

/** One session after the other, each until it is told to leave. */
export async function http2Client(world: World, isSecure: boolean, noted: Noted): Promise<void> {
  while (!world.isOver) {
    const url = isSecure
      ? `https://127.0.0.1:${world.securePort}`
      : `http://127.0.0.1:${world.port}`
    const session = connect(url, { ca: world.ca })
    session.on('error', (error) => noted.wrong.push(`a session: ${error.message}`))
    let isLeft = false
    session.on('goaway', () => (isLeft = true))
    const goesOn = () => !world.isOver && !isLeft && !session.closed && !session.destroyed
    await Promise.all(
      Array.from({ length: requestsAtOnce }, async (_, at) => {
        for (let i = at; goesOn(); i++) await askOne(session, i, noted)
      }),
    )
    count(noted, isLeft ? 'GOAWAY' : world.isOver ? 'over' : 'closed')
    session.close()
    await sleep(1)
  }
}

async function askOne(session: ClientHttp2Session, i: number, noted: Noted): Promise<void> {
  const path = paths[i % paths.length]!
  const sends = i % 2 === 0
  const method = sends ? 'POST' : 'GET'
  const type = sends ? { 'content-type': 'application/octet-stream' } : {}
  const head = { ':path': path, ':method': method, ...type }
  const stream = session.request(head, { endStream: !sends })
  if (sends) stream.end(body)
  let status: unknown
  stream.on('response', (headers) => (status = headers[':status']))
  try {
    let text = ''
    for await (const piece of stream.setEncoding('utf8')) text += piece
    const want = JSON.stringify({ path, bytes: sends ? body.length : 0 })
    noted.answered++
    if (status !== 200 || text !== want) noted.wrong.push(`${method} ${path}: ${status} ${text}`)
  } catch (error) {
    // What came behind a GOAWAY nobody has looked at.
    if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) count(noted, 'refused, not looked at')
    else noted.wrong.push(`${method} ${path}: ${(error as Error).message}`)
  }
}

/** Says numbers and hears each again, in order; its end is a Close with a code. */
export async function socketClient(world: World, noted: Noted): Promise<void> {
  while (!world.isOver && !world.isLast) {
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}/socket`)
    let [said, heard] = [0, 0]
    socket.on('error', (error) => noted.wrong.push(`a WebSocket: ${error.message}`))
    socket.on('message', (message) => {
      noted.answered++
      if (Number(String(message)) !== heard++) noted.wrong.push(`${String(message)} for ${heard}`)
    })
    socket.on('open', () => {
      const timer = setInterval(() => {
        if (socket.readyState !== WebSocket.OPEN) clearInterval(timer)
        else if (world.isOver) socket.close(1000)
        else socket.send(String(said++))
      }, 5)
    })
    await new Promise<void>((resolve) => {
      socket.on('close', (code, reason) => {
        count(noted, `${code} ${reason.toString()}`.trim())
        resolve()
      })
    })
  }
}

/** Every event once, in order, over however many connections; each ends between two. */
export async function eventsClient(world: World, noted: Noted): Promise<void> {
  let last = 0
  while (!world.isOver && !world.isLast) {
    const reply = await openEvents(world, last).catch((error: Error) => error)
    if (reply instanceof Error) {
      if (!world.isOver) noted.wrong.push(`events: ${reply.message}`)
      continue
    }
    if (reply.statusCode !== 200) noted.wrong.push(`events: ${reply.statusCode}`)
    let text = ''
    try {
      for await (const piece of reply.setEncoding('utf8')) {
        text += piece
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          if (text.slice(0, end) !== `id: ${last + 1}\ndata: ${last + 1}`) {
            noted.wrong.push(`${JSON.stringify(text.slice(0, end))} behind ${last}`)
          }
          noted.answered++
          last++
          text = text.slice(end + 2)
        }
        if (world.isOver) break
      }
      if (!world.isOver && text !== '') noted.wrong.push(`an end within an event: ${text}`)
      count(noted, world.isOver ? 'over' : 'between events')
    } catch (error) {
      noted.wrong.push(`events: ${(error as Error).message}`)
    }
  }
}

async function openEvents({ port }: World, last: number): Promise<IncomingMessage> {
  const request = get({
    port,
    host: '127.0.0.1',
    path: '/events',
    agent: false,
    headers: last > 0 ? { 'last-event-id': String(last) } : {},
  })
  const [reply] = (await once(request, 'response')) as [IncomingMessage]
  return reply
}
