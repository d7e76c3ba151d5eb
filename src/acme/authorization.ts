// Proving that a name is ours (RFC 8555 §7.5, §8): one challenge is answered, by every thread and
// every process that the authority may come to, and then it is asked to look.
import { type AcmeFailure, failure, isFailure } from './failure.ts'
import { isRecord, type JsonRecord, textOf } from './json.ts'
import { pause } from './pause.ts'
import { Polls } from './polls.ts'
import { problemText } from './problem.ts'
import type { AcmeSession, Reply } from './session.ts'
import { type ChallengeType, isToken, type KeptCertificate, type KeptChallenge } from './kept.ts'
import type { AcmeStore } from './store.ts'
import { acmeUrl } from './urls.ts'

export interface Proving {
  readonly session: AcmeSession
  /** Address of the account. */
  readonly kid: string
  readonly store: AcmeStore
  readonly domain: string
  /** The one that it is served by now. */
  readonly current: KeptCertificate | undefined
  /** The most wanted first. */
  readonly challenges: readonly ChallengeType[]
  /** Has it answered by all threads, and gives how to end that. */
  readonly answer: (challenge: KeptChallenge) => Promise<() => void>
}

/** How long other processes that share the folder may take to find what they have to answer. */
export const spreadMs = 2_000
/** Longer no authority takes to look. */
const answeredMsMax = 600_000

export async function authorize(proving: Proving, url: string): Promise<AcmeFailure | undefined> {
  const { session, kid, domain } = proving
  const found = await session.post(url, undefined, kid)
  if (isFailure(found)) return found
  if (found.body['status'] === 'valid') return undefined
  if (found.body['status'] !== 'pending') return verdictOf(found, domain)
  const offer = offeredIn(found.body, proving.challenges)
  if (offer === undefined) {
    return failure('refused', `it offers no ${proving.challenges.join(' or ')} for ${domain}`)
  }
  const challenge: KeptChallenge = {
    domain,
    type: offer.type,
    token: offer.token,
    keyAuthorization: `${offer.token}.${session.key.thumbprint}`,
    untilEpochMs: session.clock.epochMs() + answeredMsMax,
  }
  const stopAnswering = await proving.answer(challenge)
  try {
    await proving.store.keepChallenge(challenge)
    return await proved(proving, url, offer)
  } finally {
    stopAnswering()
    await proving.store.dropChallenge(domain).catch(() => {})
  }
}

async function proved(
  { session, kid, domain }: Proving,
  url: string,
  offer: Offer,
): Promise<AcmeFailure | undefined> {
  const { clock, signal } = session
  await pause(clock, spreadMs, signal)
  if (signal.aborted) return failure('stopped', 'it was stopped')
  if (offer.isPending) {
    const asked = await session.post(offer.url, {}, kid)
    // What it thinks of it the authorization says.
    if (isFailure(asked) && asked.failed !== 'refused') return asked
  }
  const polls = new Polls(session)
  for (let retryAfterMs: number | undefined; ;) {
    const reply = await polls.next(url, kid, retryAfterMs)
    if (isFailure(reply)) return reply
    if (reply.body['status'] === 'valid') return undefined
    if (reply.body['status'] !== 'pending') return verdictOf(reply, domain)
    ;({ retryAfterMs } = reply)
  }
}

interface Offer {
  readonly type: ChallengeType
  readonly token: string
  readonly url: string
  /** Whether it waits to be told that it is answered. */
  readonly isPending: boolean
}

function offeredIn(
  { challenges }: JsonRecord,
  wanted: readonly ChallengeType[],
): Offer | undefined {
  const offers = challengesIn(challenges).flatMap((one): Offer[] => {
    const { type, token } = one
    const known = wanted.find((name) => name === type)
    const url = acmeUrl(one['url'])
    if (known === undefined || url === undefined || !isToken(token)) return []
    return [{ type: known, token, url, isPending: one['status'] !== 'processing' }]
  })
  const ranked = offers.toSorted((a, b) => wanted.indexOf(a.type) - wanted.indexOf(b.type))
  // One that is under way already goes on.
  return ranked.find(({ isPending }) => !isPending) ?? ranked[0]
}

const challengesMax = 20

function challengesIn(value: unknown): JsonRecord[] {
  return Array.isArray(value) ? value.slice(0, challengesMax).filter(isRecord) : []
}

function verdictOf({ body }: Reply, domain: string): AcmeFailure {
  const failed = challengesIn(body['challenges']).find((one) => one['error'] !== undefined)
  const type = failed === undefined ? '' : ` by ${textOf(failed['type']) ?? 'a challenge'}`
  const reason =
    problemText(failed?.['error']) ?? `its proof is ${textOf(body['status']) ?? 'gone'}`
  return failure('refused', `it did not find ${domain} here${type}: ${reason}`)
}
