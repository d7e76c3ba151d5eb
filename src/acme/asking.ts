// How a certificate authority is asked: over HTTPS alone (RFC 8555 §6.1), each question bounded in
// time and in what comes back. What goes wrong is a value.
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { type Clock, version } from '../base.ts'
import { type AcmeFailure, failure, isFailure, plainText } from './failure.ts'
import { isAcmeUrl } from './urls.ts'

export interface AcmeRequest {
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly url: string
  /** A JWS in its JSON form. */
  readonly body?: string
}

export interface AcmeAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export type Ask = (request: AcmeRequest, signal: AbortSignal) => Promise<AcmeAnswer | AcmeFailure>

export interface Asking {
  readonly ask: Ask
  /** Ends the connections that are kept. */
  close(): void
}

/** A chain is some kilobytes long. */
const answerBytesMax = 256 * 1024
const answerTimeoutMs = 30_000
const connectionsMax = 4
const redirectsMax = 3

export interface AskingTerms {
  /** PEM: who certifies the server, in place of the CAs that Node knows. */
  readonly ca?: string | undefined
  readonly clock: Clock
}

export function askOverHttps({ ca, clock }: AskingTerms): Asking {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: connectionsMax,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
  })
  const once = (one: AcmeRequest, signal: AbortSignal) => askOnce(one, { agent, clock, signal })
  return {
    async ask(first, signal) {
      let one = first
      for (let redirects = 0; ; redirects++) {
        const answer = await once(one, signal)
        const next = isFailure(answer) ? undefined : redirectOf(one, answer)
        if (next === undefined) return answer
        if (redirects === redirectsMax)
          return failure('misunderstood', `${first.url} leads in circles`)
        one = next
      }
    },
    close: () => agent.destroy(),
  }
}

/** What is signed names its address: only what is not may be asked for elsewhere. */
function redirectOf(one: AcmeRequest, { status, headers }: AcmeAnswer): AcmeRequest | undefined {
  const { location } = headers
  if (one.method === 'POST' || status < 300 || status > 399) return undefined
  if (typeof location !== 'string' || !URL.canParse(location, one.url)) return undefined
  return { ...one, url: new URL(location, one.url).href }
}

interface Means {
  readonly agent: Agent
  readonly clock: Clock
  readonly signal: AbortSignal
}

function askOnce(
  { method, url, body }: AcmeRequest,
  { agent, clock, signal }: Means,
): Promise<AcmeAnswer | AcmeFailure> {
  if (!isAcmeUrl(url)) {
    return Promise.resolve(failure('misunderstood', `${plainText(url)} is no https address`))
  }
  const { promise, resolve } = Promise.withResolvers<AcmeAnswer | AcmeFailure>()
  const asked = request(url, { agent, method, headers: headersOf(body), signal })
  const tooLate = new Error(`no answer within ${answerTimeoutMs / 1_000} s`)
  const cancel = clock.after(answerTimeoutMs, () => asked.destroy(tooLate))
  const failed = (error: Error) => {
    resolve(
      signal.aborted
        ? failure('stopped', 'it was stopped')
        : failure('unavailable', `${new URL(url).host} cannot be asked: ${reasonOf(error)}`),
    )
  }
  asked.on('error', failed)
  asked.on('response', (response) => {
    response.on('error', failed)
    void answerOf(response).then(resolve, failed)
  })
  asked.end(body)
  return promise.finally(cancel)
}

function headersOf(body: string | undefined): Record<string, string | number> {
  const always = {
    'User-Agent': `concordat/${version}`,
    Accept: 'application/json, application/pem-certificate-chain;q=0.9',
  }
  if (body === undefined) return always
  const length = Buffer.byteLength(body)
  return { ...always, 'Content-Type': 'application/jose+json', 'Content-Length': length }
}

async function answerOf(response: IncomingMessage): Promise<AcmeAnswer> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length
    // Who leaves the loop destroys the reply, and its connection.
    if (bytes > answerBytesMax) throw new Error(`its answer is longer than ${answerBytesMax} bytes`)
    pieces.push(piece)
  }
  const text = Buffer.concat(pieces).toString('utf8')
  return { status: response.statusCode ?? 0, headers: response.headers, text }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return plainText(error.message || error.code || 'the connection failed')
}
