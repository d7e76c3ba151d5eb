// The key of an account, and what it signs: JSON Web Signatures in the form of RFC 8555 §6.2.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, FlattenedSign, type JWK } from 'jose'

export interface AccountKey {
  readonly privateKey: KeyObject
  readonly jwk: JWK
  /** Of RFC 7638: what key authorizations end with. */
  readonly thumbprint: string
}

/** PKCS #8 in PEM. */
export function newKeyText(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Throws where the text is no such key. */
export async function accountKeyOf(pem: string): Promise<AccountKey> {
  const privateKey = createPrivateKey(pem)
  const { kty, crv, x, y } = await exportJWK(privateKey)
  if (crv !== 'P-256') throw new Error('the key of an account is one of P-256')
  const jwk = { kty, crv, x, y } as JWK
  return { privateKey, jwk, thumbprint: await calculateJwkThumbprint(jwk) }
}

export interface Signing {
  readonly url: string
  readonly nonce: string
  /** Address of the account; undefined: it has none yet, and shows its key. */
  readonly kid: string | undefined
  /** Undefined: a POST that only gets (§6.3). */
  readonly payload: object | undefined
}

export async function signed(
  { privateKey, jwk }: AccountKey,
  { url, nonce, kid, payload }: Signing,
): Promise<string> {
  const who = kid === undefined ? { jwk } : { kid }
  const jws = await new FlattenedSign(bytesOf(payload))
    .setProtectedHeader({ alg: 'ES256', nonce, url, ...who })
    .sign(privateKey)
  return JSON.stringify(jws)
}

/** What a customer of the authority proves his account by (§7.3.4). */
export interface ExternalAccount {
  readonly keyId: string
  /** As the authority gives it: base64url. */
  readonly macKey: string
}

export function boundTo(
  { keyId, macKey }: ExternalAccount,
  jwk: JWK,
  url: string,
): Promise<object> {
  return new FlattenedSign(bytesOf(jwk))
    .setProtectedHeader({ alg: 'HS256', kid: keyId, url })
    .sign(Buffer.from(macKey, 'base64url'))
}

const bytesOf = (payload: object | undefined): Uint8Array =>
  new TextEncoder().encode(payload === undefined ? '' : JSON.stringify(payload))
