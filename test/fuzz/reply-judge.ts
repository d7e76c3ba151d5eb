// Lets every reader re-read the replies that the gateway sent: a player plays them byte for byte,
// to Node's client directly and to nginx and haproxy as the service behind them. A reply that the
// gateway cut short must be whole to nobody.
import { Agent, type IncomingMessage, request } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import type { ReplyClaim } from './cases.ts'
import type { Reader, Readers } from './readers.ts'
import type { Verdict } from './request-judge.ts'

export interface ReplyJudge {
  judge(claims: readonly ReplyClaim[]): Promise<Verdict[]>
  /** Replies that a reader was not asked about, with the reason. */
  readonly spared: Map<string, number>
  close(): void
}

const inFlightMax = 8
const replyMsMax = 10_000

export async function startReplyJudge(readers: Readers): Promise<ReplyJudge> {
  const player = new Player()
  await player.listen(readers.playerPath)
  const spared = new Map<string, number>()
  const clients = readers.list.map((reader) => new Client(reader))
  return {
    spared,
    async judge(claims) {
      player.claims = claims
      const verdicts = await Promise.all(clients.map((one) => one.judgeAll(claims, spared)))
      return verdicts.flat()
    },
    close() {
      for (const client of clients) client.close()
      player.close()
    },
  }
}

/** A reader is spared what it is known not to do, whoever is right. */
function sparing(reader: Reader, { interims, untilClose, whole }: ReplyClaim): string | undefined {
  // nginx before 1.29 takes an interim reply for the final one.
  if (reader.name === 'nginx' && interims > 0) return 'nginx: interim replies'
  // haproxy 2.6 ends a chunked reply that broke off as if it were whole, where a 1xx came before.
  if (reader.name === 'haproxy' && interims > 0 && !whole) return 'haproxy: cut behind interim ones'
  // Cut by a reset, which a Unix socket does not have: nobody can tell it from an end.
  return untilClose && !whole ? 'all: cut and without framing' : undefined
}

class Player {
  claims: readonly ReplyClaim[] = []
  readonly #sockets = new Set<Socket>()
  readonly #server: Server = createServer((socket) => this.#serve(socket))

  listen(path: string): Promise<void> {
    return new Promise((listening) => this.#server.listen(path, listening))
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let received = ''
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (text: string) => {
      received += text
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      const key = /^[A-Z]+ \/(\d+) /.exec(received)?.[1]
      received = received.slice(end + 4)
      const claim = this.claims[Number(key)]
      if (claim === undefined) return socket.destroy()
      socket.write(claim.text, 'latin1')
      if (!claim.keeps) socket.end()
    })
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

class Client {
  readonly #reader: Reader
  readonly #agent = new Agent({ keepAlive: true, maxSockets: inFlightMax })
  /** A connection of its own, so that nothing but the reply can be the matter. */
  readonly #alone = new Agent({ keepAlive: false })

  constructor(reader: Reader) {
    this.#reader = reader
  }

  async judgeAll(claims: readonly ReplyClaim[], spared: Map<string, number>): Promise<Verdict[]> {
    const verdicts: Verdict[] = []
    let next = 0
    const lane = async () => {
      while (next < claims.length) {
        const key = next++
        const claim = claims[key]!
        const why = sparing(this.#reader, claim)
        if (why !== undefined) {
          spared.set(why, (spared.get(why) ?? 0) + 1)
          continue
        }
        const verdict = await this.#judge(key, claim)
        if (verdict !== undefined) verdicts.push(verdict)
      }
    }
    await Promise.all(Array.from({ length: inFlightMax }, lane))
    return verdicts
  }

  async #judge(key: number, claim: ReplyClaim): Promise<Verdict | undefined> {
    const wanted = claimed(claim)
    if ((await this.#ask(key, claim, this.#agent)) === wanted) return undefined
    // A kept connection may be closed by its other side at any moment: asked once more, alone.
    const said = await this.#ask(key, claim, this.#alone)
    if (said === wanted) return undefined
    const text = `${this.#reader.name} read ${said}, not ${wanted}: ${JSON.stringify(claim.text)}`
    return { case: claim.case, text }
  }

  #ask(key: number, { isHead }: ReplyClaim, agent: Agent): Promise<string> {
    return new Promise((settle) => {
      const asked = request({
        socketPath: this.#reader.replies,
        path: `/${key}`,
        method: isHead ? 'HEAD' : 'GET',
        agent,
        timeout: replyMsMax,
        maxHeaderSize: 1024 * 1024,
        headers: { Host: 'a' },
      })
      asked.on('timeout', () => {
        asked.destroy()
        settle('nothing in time')
      })
      asked.on('error', (error: NodeJS.ErrnoException) => settle(brokenText(error.code)))
      asked.on('response', (response) => readAll(response, settle))
      asked.end()
    })
  }

  close(): void {
    this.#agent.destroy()
    this.#alone.destroy()
  }
}

const torn = 'no whole reply'

const brokenText = (code: string | undefined): string =>
  code?.startsWith('HPE_') === true ? `what it cannot parse (${code})` : torn

function readAll(response: IncomingMessage, settle: (said: string) => void): void {
  let bodyBytes = 0
  response.on('data', (piece: Buffer) => {
    bodyBytes += piece.length
  })
  response.on('error', () => settle(torn))
  response.on('aborted', () => settle(torn))
  response.on('end', () => settle(`${response.statusCode} with ${bodyBytes} bytes`))
}

function claimed({ status, bodyBytes, whole }: ReplyClaim): string {
  return whole ? `${status} with ${bodyBytes} bytes` : torn
}
