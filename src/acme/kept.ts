// What is kept on the disk, as types and as what reads them: a text that is not what it should be is
// undefined, whoever wrote it.
import { createPrivateKey } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { certificatesIn } from '../x509.ts'
import type { FailureKind } from './failure.ts'
import { isRecord, parsedJson, textOf } from './json.ts'
import { acmeUrl } from './urls.ts'

export interface KeptAccount {
  /** PEM. */
  readonly key: string
  /** Its address; undefined where the authority does not know it yet. */
  readonly kid: string | undefined
  readonly email: string | undefined
}

/** A certificate that was read and belongs to its key. */
export interface KeptCertificate {
  /** PEM, its chain behind it. */
  readonly cert: string
  readonly key: string
  /** Of its number, in hexadecimal. */
  readonly serial: string
  readonly fromEpochMs: number
  readonly untilEpochMs: number
}

export interface KeptOrder {
  /** Address of the order; undefined where it is not known whether there is one. */
  readonly url: string | undefined
  readonly key: string
}

export const challengeTypes = ['tls-alpn-01', 'http-01'] as const

export type ChallengeType = (typeof challengeTypes)[number]

export interface KeptChallenge {
  readonly domain: string
  readonly type: ChallengeType
  readonly token: string
  readonly keyAuthorization: string
  /** From then on it answers nothing: who has made it is gone. */
  readonly untilEpochMs: number
}

export interface KeptFailures {
  readonly count: number
  readonly sinceEpochMs: number
  readonly nextEpochMs: number
  readonly kind: FailureKind
  readonly text: string
}

const keyForm = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----\n?/

const chainMax = 10

/** Gives the certificate in a PEM text with the key to it; undefined where it is none for the name. */
export function certificateIn(pem: string, domain: string): KeptCertificate | undefined {
  const chain = certificatesIn(pem)
  const key = keyForm.exec(pem)?.[0]
  if (typeof chain === 'number' || chain.length > chainMax || key === undefined) return undefined
  const [leaf] = chain
  if (leaf === undefined || leaf.checkHost(domain) === undefined) return undefined
  if (!isKey(key) || !leaf.checkPrivateKey(createPrivateKey(key))) return undefined
  const cert = chain.map(String).join('')
  return !isUsable(cert, key)
    ? undefined
    : {
        cert,
        key,
        serial: leaf.serialNumber,
        fromEpochMs: Number(leaf.validFromDate),
        untilEpochMs: Number(leaf.validToDate),
      }
}

/** Whether OpenSSL will serve it: it may refuse a signature in the chain. */
function isUsable(cert: string, key: string): boolean {
  try {
    return createSecureContext({ cert, key }) !== undefined
  } catch {
    return false
  }
}

export function accountIn(text: string): KeptAccount | undefined {
  const value = parsedJson(text)
  if (!isRecord(value)) return undefined
  const key = textOf(value['key'])
  if (key === undefined || !isKey(key)) return undefined
  return { key, kid: acmeUrl(value['kid']), email: textOf(value['email']) }
}

export function orderIn(text: string): KeptOrder | undefined {
  const value = parsedJson(text)
  if (!isRecord(value)) return undefined
  const key = textOf(value['key'])
  return key === undefined || !isKey(key) ? undefined : { key, url: acmeUrl(value['url']) }
}

function isKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1'
  } catch {
    return false
  }
}

/** What a token may be (RFC 8555 §8): it becomes part of a path. */
const tokenForm = /^[\w-]{1,256}$/

export const isToken = (value: unknown): value is string =>
  typeof value === 'string' && tokenForm.test(value)

export function challengeIn(text: string): KeptChallenge | undefined {
  const value = parsedJson(text)
  if (!isRecord(value)) return undefined
  const { domain, type, token, keyAuthorization, untilEpochMs } = value
  const known = challengeTypes.find((one) => one === type)
  const isWhole =
    known !== undefined &&
    typeof domain === 'string' &&
    isToken(token) &&
    typeof keyAuthorization === 'string' &&
    /^[\w.-]{1,512}$/.test(keyAuthorization) &&
    typeof untilEpochMs === 'number'
  return isWhole ? { domain, type: known, token, keyAuthorization, untilEpochMs } : undefined
}

const failureKinds: readonly FailureKind[] = [
  'unavailable',
  'rateLimited',
  'refused',
  'misunderstood',
  'storage',
]

export function failuresIn(text: string): KeptFailures | undefined {
  const value = parsedJson(text)
  if (!isRecord(value)) return undefined
  const { count, sinceEpochMs, nextEpochMs, kind, text: why } = value
  const known = failureKinds.find((one) => one === kind)
  const isWhole =
    known !== undefined &&
    typeof count === 'number' &&
    typeof sinceEpochMs === 'number' &&
    typeof nextEpochMs === 'number' &&
    typeof why === 'string'
  return isWhole ? { count, sinceEpochMs, nextEpochMs, kind: known, text: why } : undefined
}
