// The account at an authority: made once, kept, shared by all processes of a folder, and made again
// with the same key where the authority has forgotten it.
import { accountKeyOf, boundTo, type ExternalAccount, newKeyText } from './account-key.ts'
import { type AcmeFailure, failure, isFailure } from './failure.ts'
import type { AcmeSession, Reply } from './session.ts'
import type { KeptAccount } from './kept.ts'
import type { AcmeStore } from './store.ts'

export interface AccountTerms {
  readonly email: string | undefined
  readonly externalAccount: ExternalAccount | undefined
}

/** The key of the account; another process may make it at the same moment. */
export async function keptAccount(store: AcmeStore): Promise<KeptAccount> {
  const fresh: KeptAccount = { key: newKeyText(), kid: undefined, email: undefined }
  const kept = await store.account()
  if (kept !== undefined) return kept
  return (await store.makeAccount(fresh)) ? fresh : ((await store.account()) ?? fresh)
}

/** The address of the account, which signs all that follows. */
export async function openAccount(
  session: AcmeSession,
  store: AcmeStore,
  terms: AccountTerms,
): Promise<string | AcmeFailure> {
  const kept = await keptAccount(store)
  const { kid } = kept
  if (kid === undefined) return register(session, store, terms, kept)
  if (kept.email === terms.email) return kid
  const changed = await session.post(kid, { contact: contactOf(terms) }, kid)
  if (!isFailure(changed)) {
    await store.keepAccount({ ...kept, email: terms.email })
    return kid
  }
  return isForgotten(changed) ? register(session, store, terms, kept) : changed
}

/** Whether the authority does not know the account that signed. */
export const isForgotten = ({ problem }: AcmeFailure): boolean => problem === 'accountDoesNotExist'

/** So that it is made again, with its key: an authority that has lost its memory knows none. */
export async function forgetAccount(store: AcmeStore): Promise<void> {
  const kept = await store.account()
  if (kept !== undefined) await store.keepAccount({ ...kept, kid: undefined })
}

async function register(
  session: AcmeSession,
  store: AcmeStore,
  terms: AccountTerms,
  kept: KeptAccount,
): Promise<string | AcmeFailure> {
  const directory = await session.directory()
  if (isFailure(directory)) return directory
  const { newAccount: url, needsExternalAccount } = directory
  const { externalAccount } = terms
  if (needsExternalAccount && externalAccount === undefined) {
    return failure('refused', "it takes its own customers alone: give 'externalAccount'")
  }
  const { jwk } = await accountKeyOf(kept.key)
  const payload = {
    termsOfServiceAgreed: true,
    contact: contactOf(terms),
    ...(externalAccount === undefined
      ? {}
      : { externalAccountBinding: await boundTo(externalAccount, jwk, url) }),
  }
  const made = await session.post(url, payload, undefined)
  return isFailure(made) ? made : keepMade(store, { ...kept, email: terms.email }, made)
}

async function keepMade(
  store: AcmeStore,
  account: KeptAccount,
  { location }: Reply,
): Promise<string | AcmeFailure> {
  if (location === undefined) return failure('misunderstood', 'a new account has no address')
  await store.keepAccount({ ...account, kid: location })
  return location
}

const contactOf = ({ email }: AccountTerms): string[] =>
  email === undefined ? [] : [`mailto:${email}`]
