// Lets every reader re-read the requests that the gateway forwarded: thousands behind each other
// on one connection, so that whoever takes one byte too many or too few takes all that follow for
// something else. What they then pass on is recorded and must be what the gateway meant.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { RequestClaim } from './cases.ts'
import type { Reader, Readers } from './readers.ts'

export interface Verdict {
  readonly case: number
  readonly text: string
}

export interface RequestJudge {
  /** Requests that a reader was not asked about, with the reason. */
  readonly spared: Map<string, number>
  judge(claims: readonly RequestClaim[], torn: readonly string[]): Promise<Verdict[]>
  close(): void
}

interface Seen {
  readonly id: string
  readonly said: string
}

interface Court {
  readonly reader: Reader
  readonly recorder: Recorder
}

/** A repeated list of conditions is one list (RFC 9110 §5.3), but nginx refuses it: not asked. */
const isRepeated =
  /^(if-(?:none-)?match|if-(?:un)?modified-since|if-range|content-range):[^]*^\1:/im

const sparedWhy = 'nginx: repeated conditions'

const spares = ({ name }: Reader, { text }: RequestClaim): boolean =>
  name === 'nginx' && isRepeated.test(text.slice(0, text.indexOf('\r\n\r\n')))

const batchMsMax = 120_000
/** How long a reader may wait for the rest of a torn request. */
const tornMsMax = 2_000

export async function startRequestJudge(readers: Readers): Promise<RequestJudge> {
  const courts: Court[] = []
  for (const reader of readers.list) {
    const recorder = new Recorder()
    await recorder.listen(readers.recorderOf(reader.name))
    courts.push({ reader, recorder })
  }
  const spared = new Map<string, number>()
  const askedOf = ({ reader }: Court, claims: readonly RequestClaim[]): RequestClaim[] => {
    const asked = claims.filter((claim) => !spares(reader, claim))
    const count = claims.length - asked.length
    if (count > 0) spared.set(sparedWhy, (spared.get(sparedWhy) ?? 0) + count)
    return asked
  }
  return {
    spared,
    async judge(claims, torn) {
      const judged = courts.map((court) => judgeAll(court, askedOf(court, claims)))
      const verdicts = await Promise.all(judged)
      const tornVerdicts = await Promise.all(courts.map((court) => judgeTorn(court, torn)))
      return [...verdicts.flat(), ...tornVerdicts.flat()]
    },
    close() {
      for (const { recorder } of courts) recorder.close()
    },
  }
}

/** Records requests as `node:http` reads them. */
class Recorder {
  seen: Seen[] = []
  readonly #server: Server

  constructor() {
    const options = { maxHeaderSize: 1024 * 1024, requestTimeout: 0, keepAliveTimeout: 3_600_000 }
    this.#server = createServer(options, (request, response) => this.#take(request, response))
    this.#server.maxHeadersCount = 0
  }

  listen(path: string): Promise<void> {
    return new Promise((listening) => this.#server.listen(path, listening))
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    let bodyBytes = 0
    request.on('data', (piece: Buffer) => {
      bodyBytes += piece.length
    })
    request.on('end', () => {
      const id = request.headers['x-request-id']
      const said = saying(request.method ?? '', request.url ?? '', bodyBytes)
      this.seen.push({ id: String(id), said })
      response.writeHead(200, { 'Content-Length': '0' }).end()
    })
    request.on('error', () => {})
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

const saying = (method: string, target: string, bodyBytes: number): string =>
  `${method} ${target} with ${bodyBytes} bytes`

const claimed = ({ method, target, bodyBytes }: RequestClaim): string =>
  saying(method, target, bodyBytes)

async function judgeAll(court: Court, claims: readonly RequestClaim[]): Promise<Verdict[]> {
  if (await agrees(court, claims)) return []
  if (claims.length === 1) return [await verdictOf(court, claims[0]!)]
  // Halves until each disagreement stands alone. One that only shows between neighbours shows
  // where both halves are content.
  const middle = claims.length >> 1
  const first = await judgeAll(court, claims.slice(0, middle))
  const second = await judgeAll(court, claims.slice(middle))
  if (first.length + second.length > 0) return [...first, ...second]
  return [
    { case: claims[0]!.case, text: `${court.reader.name}: only in a row of ${claims.length}` },
  ]
}

async function agrees(court: Court, claims: readonly RequestClaim[]): Promise<boolean> {
  const seen = await reread(court, claims.map(({ text }) => text).join(''))
  if (seen.length !== claims.length + 1 || seen.at(-1)!.id !== lastId) return false
  return claims.every((claim, i) => seen[i]!.id === claim.id && seen[i]!.said === claimed(claim))
}

async function verdictOf(court: Court, claim: RequestClaim): Promise<Verdict> {
  const seen = await reread(court, claim.text)
  const said = seen.map((one) => (one.id === lastId ? 'the next request' : one.said)).join(', ')
  const text = `${court.reader.name} read ${said || 'nothing'}, not ${claimed(claim)}`
  return { case: claim.case, text: `${text}: ${JSON.stringify(claim.text)}` }
}

const lastId = 'the-last-one'
const last = `GET /last HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${lastId}\r\nConnection: close\r\n\r\n`

/** Writes requests and one more to a reader, and gives what its recorder saw. */
async function reread({ reader, recorder }: Court, text: string): Promise<Seen[]> {
  recorder.seen = []
  await exchange(reader.requests, Buffer.from(text + last, 'latin1'))
  return recorder.seen
}

/** A request that did not come whole must be whole to nobody. */
async function judgeTorn(court: Court, torn: readonly string[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const text of torn) {
    court.recorder.seen = []
    await exchange(court.reader.requests, Buffer.from(text, 'latin1'), true)
    if (court.recorder.seen.length === 0) continue
    const said = `${court.reader.name} took a torn request for a whole one`
    verdicts.push({ case: -1, text: `${said}: ${JSON.stringify(text)}` })
  }
  return verdicts
}

/** Writes, and waits until the other side has ended the connection. */
function exchange(path: string, bytes: Buffer, ends = false): Promise<void> {
  return new Promise((settle) => {
    const socket = connect(path)
    const timer = setTimeout(() => socket.destroy(), ends ? tornMsMax : batchMsMax)
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      settle()
    })
    socket.resume()
    if (ends) socket.end(bytes)
    else socket.write(bytes)
  })
}
