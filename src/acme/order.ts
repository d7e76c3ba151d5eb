// From a name to its certificate: one order (RFC 8555 §7.4). What is to be done next is read off
// the order's own state, so one that was left half way goes on where it stood:
//
//   (new) ──▶ pending ── all proved ──▶ ready ── finalized ──▶ processing ──▶ valid ──▶ certificate
//                └─────────── invalid: it failed, and is let go of ◀───┘
import { isForgotten } from './account.ts'
import { certificateRequest } from './certificates.ts'
import { newKeyText } from './account-key.ts'
import { authorize, type Proving } from './authorization.ts'
import { type AcmeFailure, failure, isFailure } from './failure.ts'
import { problemText } from './problem.ts'
import { freshMsMin } from './schedule.ts'
import { Polls } from './polls.ts'
import type { Reply } from './session.ts'
import { certificateIn, type KeptCertificate, type KeptOrder } from './kept.ts'
import { acmeUrl } from './urls.ts'

export async function obtain(proving: Proving): Promise<KeptCertificate | AcmeFailure> {
  const left = await resumed(proving)
  // What came of it may have expired while nobody was there to fetch it.
  const isOfUse = left !== undefined && !(isFailure(left) && left.failed === 'misunderstood')
  const outcome = isOfUse ? left : await fresh(proving)
  const isHopeless = isFailure(outcome) && ['refused', 'misunderstood'].includes(outcome.failed)
  // The authority will not look at it twice: the next try is another order.
  if (isHopeless) await proving.store.dropOrder(proving.domain)
  return outcome
}

/** What becomes of an order that was left; undefined where there is none, or none to go on with. */
async function resumed(proving: Proving): Promise<KeptCertificate | AcmeFailure | undefined> {
  const { current, domain, session, store, kid } = proving
  const kept = await store.order(domain)
  // One that the certificate in force came from was only not tidied away.
  if (kept?.url === undefined || kept.key === current?.key) return undefined
  const { key, url } = kept
  const found = await session.post(url, undefined, kid)
  if (isFailure(found)) {
    const isGone = found.failed === 'refused' && !isForgotten(found)
    return isGone ? undefined : found
  }
  return found.body['status'] === 'invalid' ? undefined : carriedOut(proving, { key, url }, found)
}

async function fresh(proving: Proving): Promise<KeptCertificate | AcmeFailure> {
  const { domain, store } = proving
  // Kept before there is an order: what could not be kept is not ordered.
  const key = newKeyText()
  await store.keepOrder(domain, { key, url: undefined })
  const made = await newOrder(proving)
  if (isFailure(made)) return made
  const { location: url } = made
  if (url === undefined) return failure('misunderstood', 'a new order has no address')
  await store.keepOrder(domain, { key, url })
  return carriedOut(proving, { key, url }, made)
}

async function newOrder({ session, kid, domain }: Proving): Promise<Reply | AcmeFailure> {
  const directory = await session.directory()
  if (isFailure(directory)) return directory
  const identifiers = [{ type: 'dns', value: domain }]
  return session.post(directory.newOrder, { identifiers }, kid)
}

type Placed = KeptOrder & { readonly url: string }

async function carriedOut(
  proving: Proving,
  placed: Placed,
  first: Reply,
): Promise<KeptCertificate | AcmeFailure> {
  const polls = new Polls(proving.session)
  for (let reply = first; ;) {
    const { body } = reply
    switch (body['status']) {
      case 'valid':
        return download(proving, placed, body['certificate'])
      case 'invalid':
        return failure(
          'refused',
          `it ended the order: ${problemText(body['error']) ?? 'no reason'}`,
        )
      case 'pending': {
        const failed = await authorizeAll(proving, body['authorizations'])
        if (failed !== undefined) return failed
        break
      }
      case 'ready': {
        const failed = await finalize(proving, placed, body['finalize'])
        if (failed !== undefined) return failed
        break
      }
      case 'processing':
        break
      default:
        return failure('misunderstood', 'an order is in a state that there is not')
    }
    const next = await polls.next(placed.url, proving.kid, reply.retryAfterMs)
    if (isFailure(next)) return next
    reply = next
  }
}

const authorizationsMax = 10

async function authorizeAll(proving: Proving, urls: unknown): Promise<AcmeFailure | undefined> {
  if (!Array.isArray(urls) || urls.length === 0 || urls.length > authorizationsMax) {
    return failure('misunderstood', 'an order says not what is to be proved')
  }
  for (const one of urls) {
    const url = acmeUrl(one)
    if (url === undefined) return failure('misunderstood', 'an order has no proper addresses')
    const failed = await authorize(proving, url)
    if (failed !== undefined) return failed
  }
  return undefined
}

async function finalize(
  { session, kid, domain }: Proving,
  { key }: Placed,
  value: unknown,
): Promise<AcmeFailure | undefined> {
  const url = acmeUrl(value)
  if (url === undefined) return failure('misunderstood', 'an order cannot be finalized')
  const csr = certificateRequest(domain, key).toString('base64url')
  const done = await session.post(url, { csr }, kid)
  // Twice finalized, by one who did not hear the first answer: what became of it the order says.
  return isFailure(done) && done.problem !== 'orderNotReady' ? done : undefined
}

async function download(
  { session, kid, domain }: Proving,
  { key }: Placed,
  value: unknown,
): Promise<KeptCertificate | AcmeFailure> {
  const url = acmeUrl(value)
  if (url === undefined) return failure('misunderstood', 'a certificate has no address')
  const reply = await session.post(url, undefined, kid)
  if (isFailure(reply)) return reply
  const certificate = certificateIn(key + reply.text, domain)
  if (certificate === undefined) {
    return failure('misunderstood', `it sent no certificate for ${domain} and our key`)
  }
  const leftMs = certificate.untilEpochMs - session.clock.epochMs()
  return leftMs < freshMsMin
    ? failure('misunderstood', 'the certificate that it sent has expired, or is about to')
    : certificate
}
