// A certificate authority in memory that is asked as one over HTTPS is: it checks signatures and
// nonces, looks whether challenges are answered, and counts what it was asked. As strict as
// RFC 8555, and as moody as a test wants it.
import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint, flattenedVerify, importJWK, type JWK } from 'jose'
import type { Clock } from '../base.ts'
import { type MadeCertificate, makeCertificate } from '../x509.ts'
import type { AcmeAnswer, AcmeRequest, Ask } from './asking.ts'
import type { AcmeFailure } from './failure.ts'
import { signedFor } from './issued-for-tests.ts'
import type { JsonRecord } from './json.ts'
import type { Shown } from './keeper.ts'

const base = 'https://ca.test'
export const directoryUrl = `${base}/directory`

export interface Mood {
  /** Of ten nonces that are good so many are refused. */
  badNonces: number
  lifeMs: number
  offered: readonly string[]
  needsExternalAccount: boolean
  /** Instead of any answer. */
  outage: AcmeFailure | undefined
  /** Instead of an answer to a request whose path begins so. */
  refusal: { path: string; status: number; type: string; retryAfter?: string } | undefined
}

interface FakeOrder {
  readonly account: string
  readonly domain: string
  readonly token: string
  readonly keyAuthorization: string
  proof: 'pending' | 'valid' | 'invalid'
  triedBy?: string
  chain?: string
}

interface Asker {
  readonly jwk: JWK
  readonly payload: JsonRecord | undefined
}

export class FakeAuthority {
  readonly mood: Mood = {
    badNonces: 0,
    lifeMs: 90 * 86_400_000,
    offered: ['http-01', 'dns-01', 'tls-alpn-01'],
    needsExternalAccount: false,
    outage: undefined,
    refusal: undefined,
  }
  /** Of every request: its method and path. */
  readonly asked: string[] = []
  /** What listeners answer, wherever the authority may come to. */
  listeners: () => readonly Shown[] = () => []
  readonly #clock: Clock
  readonly #root: MadeCertificate
  readonly #nonces = new Set<string>()
  #posts = 0
  readonly #accounts = new Map<string, JWK>()
  readonly #orders = new Map<string, FakeOrder>()
  #issued: string[] = []

  constructor(clock: Clock) {
    this.#clock = clock
    this.#root = makeCertificate({
      name: 'test authority',
      isAuthority: true,
      validFrom: new Date(clock.epochMs() - 86_400_000),
      validTo: new Date(clock.epochMs() + 1e12),
    })
  }

  /** Domains that it has certified, in their order. */
  get issued(): readonly string[] {
    return this.#issued
  }

  get accounts(): number {
    return this.#accounts.size
  }

  get orders(): number {
    return this.#orders.size
  }

  forgetAccounts(): void {
    this.#accounts.clear()
  }

  readonly ask: Ask = async (request, signal) => {
    await Promise.resolve()
    const path = request.url.slice(base.length)
    this.asked.push(`${request.method} ${path}`)
    const { outage, refusal } = this.mood
    if (signal.aborted) return { failed: 'stopped', text: 'it was stopped' }
    if (outage !== undefined) return outage
    if (refusal === undefined || !path.startsWith(refusal.path)) return this.#answer(request, path)
    const headers = refusal.retryAfter === undefined ? {} : { 'retry-after': refusal.retryAfter }
    return this.#problem(refusal.status, refusal.type, headers)
  }

  /** What is asked in its place, where a test puts itself between. */
  answers: Ask = this.ask

  async #answer({ method, url, body }: AcmeRequest, path: string): Promise<AcmeAnswer> {
    if (path === '/directory') return this.#reply(200, this.#directory())
    if (path === '/nonce' && method === 'HEAD') return this.#reply(200, {})
    if (method !== 'POST' || body === undefined) return this.#problem(405, 'malformed')
    const jws = JSON.parse(body)
    const head = JSON.parse(Buffer.from(jws.protected, 'base64url').toString())
    const isGood = this.#nonces.delete(head.nonce)
    if (!isGood || this.#posts++ % 10 < this.mood.badNonces) return this.#problem(400, 'badNonce')
    if (head.url !== url || head.alg !== 'ES256') return this.#problem(401, 'unauthorized')
    const jwk: JWK | undefined = head.jwk ?? this.#accounts.get(head.kid)
    if (jwk === undefined) return this.#problem(400, 'accountDoesNotExist')
    const { payload } = await flattenedVerify(jws, await importJWK(jwk, 'ES256'))
    const text = Buffer.from(payload).toString()
    return this.#granted(path, { jwk, payload: text === '' ? undefined : JSON.parse(text) })
  }

  async #granted(path: string, asker: Asker): Promise<AcmeAnswer> {
    const [, what = '', id = '', more = ''] = path.split('/')
    if (what === 'account') return id === '' ? this.#newAccount(asker) : this.#reply(200, {})
    if (what === 'order' && id === '') return this.#newOrder(asker)
    const order = this.#orders.get(id)
    if (order === undefined) return this.#problem(404, 'malformed')
    const account = await calculateJwkThumbprint(asker.jwk)
    if (order.account !== account) return this.#problem(403, 'unauthorized')
    switch (what) {
      case 'order':
        return this.#reply(200, this.#orderView(id, order))
      case 'authorization':
        return this.#reply(200, this.#authorizationView(id, order))
      case 'challenge':
        if (order.proof === 'pending') {
          order.triedBy = more
          order.proof = this.#look(order, more)
        }
        return this.#reply(200, {})
      case 'finalize':
        return this.#finalize(id, order, asker)
      default:
        return { ...this.#reply(200, {}), text: order.chain ?? '' }
    }
  }

  #directory(): object {
    const [newNonce, newAccount, newOrder] = ['nonce', 'account', 'order'].map(
      (name) => `${base}/${name}`,
    )
    const externalAccountRequired = this.mood.needsExternalAccount
    return { newNonce, newAccount, newOrder, meta: { externalAccountRequired } }
  }

  async #newAccount({ jwk, payload = {} }: Asker): Promise<AcmeAnswer> {
    if (payload['termsOfServiceAgreed'] !== true) return this.#problem(403, 'userActionRequired')
    const location = `${base}/account/${await calculateJwkThumbprint(jwk)}`
    const isKnown = this.#accounts.has(location)
    this.#accounts.set(location, jwk)
    return this.#reply(isKnown ? 200 : 201, {}, { location })
  }

  async #newOrder({ jwk, payload = {} }: Asker): Promise<AcmeAnswer> {
    const [{ value: domain }] = payload['identifiers'] as [{ value: string }]
    const account = await calculateJwkThumbprint(jwk)
    const token = randomUUID()
    const keyAuthorization = `${token}.${account}`
    const order: FakeOrder = { account, domain, token, keyAuthorization, proof: 'pending' }
    const id = randomUUID()
    this.#orders.set(id, order)
    return this.#reply(201, this.#orderView(id, order), { location: `${base}/order/${id}` })
  }

  #orderView(id: string, { chain, proof }: FakeOrder): object {
    const proved = proof === 'valid' ? 'ready' : proof
    return {
      status: chain === undefined ? proved : 'valid',
      authorizations: [`${base}/authorization/${id}`],
      finalize: `${base}/finalize/${id}`,
      ...(chain === undefined ? {} : { certificate: `${base}/certificate/${id}` }),
    }
  }

  #authorizationView(id: string, { domain, proof, token, triedBy }: FakeOrder): object {
    const error = { type: 'urn:ietf:params:acme:error:connection', detail: 'nobody there' }
    return {
      identifier: { type: 'dns', value: domain },
      status: proof,
      challenges: this.mood.offered.map((type) => ({
        type,
        token,
        url: `${base}/challenge/${id}/${type}`,
        status: type === triedBy ? proof : 'pending',
        ...(type === triedBy && proof === 'invalid' ? { error } : {}),
      })),
    }
  }

  /** It may come to any of those who serve the name: all of them must answer. */
  #look({ domain, token, keyAuthorization }: FakeOrder, type: string): 'valid' | 'invalid' {
    const proof = createHash('sha256').update(keyAuthorization).digest()
    const all = this.listeners()
    const isAnswered = ({ answers, challenges }: Shown) =>
      type === 'http-01'
        ? answers.some((one) => one.token === token && one.keyAuthorization === keyAuthorization)
        : challenges.some(
            ({ cert, name }) => name === domain && new X509Certificate(cert).raw.includes(proof),
          )
    return all.length > 0 && all.every(isAnswered) ? 'valid' : 'invalid'
  }

  #finalize(id: string, order: FakeOrder, { payload = {} }: Asker): AcmeAnswer {
    if (order.proof !== 'valid' || order.chain !== undefined) {
      return this.#problem(403, 'orderNotReady')
    }
    const epochMs = this.#clock.epochMs()
    order.chain = signedFor(Buffer.from(String(payload['csr']), 'base64url'), {
      domain: order.domain,
      issuer: this.#root,
      validFrom: new Date(epochMs),
      validTo: new Date(epochMs + this.mood.lifeMs),
    })
    this.#issued.push(order.domain)
    return this.#reply(200, this.#orderView(id, order))
  }

  #reply(status: number, body: object, headers: Record<string, string> = {}): AcmeAnswer {
    const nonce = randomUUID()
    this.#nonces.add(nonce)
    const text = JSON.stringify(body)
    return { status, headers: { ...headers, 'replay-nonce': nonce }, text }
  }

  #problem(status: number, type: string, headers: Record<string, string> = {}): AcmeAnswer {
    const detail = `it is ${type}`
    return this.#reply(status, { type: `urn:ietf:params:acme:error:${type}`, detail }, headers)
  }
}
