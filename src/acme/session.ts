// A conversation with an authority: its directory, the nonces that it hands out, and requests that
// are signed. Whatever is repeated is bounded.
import type { Clock } from '../base.ts'
import { type AccountKey, signed } from './account-key.ts'
import type { AcmeAnswer, Ask } from './asking.ts'
import { type AcmeFailure, failure, isFailure } from './failure.ts'
import { isRecord, type JsonRecord, parsedJson } from './json.ts'
import { refusalOf } from './problem.ts'
import { retryAfterMs } from './retry-after.ts'
import { acmeUrl } from './urls.ts'

export interface Directory {
  readonly newNonce: string
  readonly newAccount: string
  readonly newOrder: string
  /** Whether it takes customers of its own alone. */
  readonly needsExternalAccount: boolean
}

/** What came back from a signed request that was granted. */
export interface Reply {
  readonly status: number
  /** Empty where it is no JSON object. */
  readonly body: JsonRecord
  readonly text: string
  /** Address of what was made. */
  readonly location: string | undefined
  readonly retryAfterMs: number | undefined
}

export interface SessionSetup {
  readonly ask: Ask
  readonly directoryUrl: string
  readonly key: AccountKey
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Servers refuse nonces that they no longer know; one that refuses so many refuses all. */
const badNoncesMax = 12
const noncesKeptMax = 8

export class AcmeSession {
  readonly key: AccountKey
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly #setup: SessionSetup
  #directory: Directory | undefined
  #nonces: string[] = []

  constructor(setup: SessionSetup) {
    this.#setup = setup
    this.key = setup.key
    this.signal = setup.signal
    this.clock = setup.clock
  }

  async directory(): Promise<Directory | AcmeFailure> {
    if (this.#directory !== undefined) return this.#directory
    const { directoryUrl } = this.#setup
    const answer = await this.#ask('GET', directoryUrl)
    if (isFailure(answer)) return answer
    if (answer.status !== 200) return this.#refusal(answer)
    const directory = directoryIn(parsedJson(answer.text))
    if (directory === undefined) {
      return failure('misunderstood', `${directoryUrl} is no directory of ACME`)
    }
    this.#directory = directory
    return directory
  }

  /** Signed by the account `kid`, or by a key that has none yet; without a payload it only gets. */
  async post(
    url: string,
    payload: object | undefined,
    kid: string | undefined,
  ): Promise<Reply | AcmeFailure> {
    for (let badNonces = 0; ; badNonces++) {
      const nonce = await this.#nonce()
      if (typeof nonce !== 'string') return nonce
      const body = await signed(this.key, { url, nonce, kid, payload })
      const answer = await this.#ask('POST', url, body)
      if (isFailure(answer)) return answer
      if (answer.status >= 200 && answer.status < 300) return this.#replyOf(answer)
      const refusal = this.#refusal(answer)
      if (refusal.problem !== 'badNonce') return refusal
      if (badNonces === badNoncesMax) {
        return failure('unavailable', 'it takes none of the nonces that it gives')
      }
    }
  }

  async #nonce(): Promise<string | AcmeFailure> {
    const kept = this.#nonces.pop()
    if (kept !== undefined) return kept
    const directory = await this.directory()
    if (isFailure(directory)) return directory
    const answer = await this.#ask('HEAD', directory.newNonce)
    if (isFailure(answer)) return answer
    return this.#nonces.pop() ?? failure('misunderstood', 'it gives no nonce')
  }

  async #ask(
    method: 'GET' | 'HEAD' | 'POST',
    url: string,
    body?: string,
  ): Promise<AcmeAnswer | AcmeFailure> {
    const request = body === undefined ? { method, url } : { method, url, body }
    const answer = await this.#setup.ask(request, this.signal)
    const nonce = isFailure(answer) ? undefined : answer.headers['replay-nonce']
    if (typeof nonce === 'string' && /^[\w-]{1,512}$/.test(nonce)) this.#keep(nonce)
    return answer
  }

  #keep(nonce: string): void {
    if (this.#nonces.length === noncesKeptMax) this.#nonces.shift()
    this.#nonces.push(nonce)
  }

  #replyOf({ status, headers, text }: AcmeAnswer): Reply {
    const { location } = headers
    const body = parsedJson(text)
    return {
      status,
      body: isRecord(body) ? body : {},
      text,
      location: acmeUrl(location),
      retryAfterMs: this.#retryAfter(headers),
    }
  }

  #refusal({ status, headers, text }: AcmeAnswer): AcmeFailure {
    return refusalOf(status, parsedJson(text), this.#retryAfter(headers))
  }

  #retryAfter(headers: AcmeAnswer['headers']): number | undefined {
    return retryAfterMs(headers['retry-after'], this.clock.epochMs())
  }
}

function directoryIn(body: unknown): Directory | undefined {
  if (!isRecord(body)) return undefined
  const [newNonce, newAccount, newOrder] = ['newNonce', 'newAccount', 'newOrder'].map((name) =>
    acmeUrl(body[name]),
  )
  if (newNonce === undefined || newAccount === undefined || newOrder === undefined) return undefined
  const { meta } = body
  const needsExternalAccount = isRecord(meta) && meta['externalAccountRequired'] === true
  return { newNonce, newAccount, newOrder, needsExternalAccount }
}
