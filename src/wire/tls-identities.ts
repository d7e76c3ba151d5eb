// Which certificate a handshake is answered with, and on what terms: versions from 1.2 on, suites
// that authenticate what they encrypt alone, keys of tickets that all threads share.
import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { TlsCertificate, TlsIdentity, TlsMaterial } from './tls-material.ts'

/** Forward secrecy and AEAD (RFC 9325 §4.2), those first that processors have instructions for. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** Nothing that costs the server a multiple of these: no finite fields, no P-521. */
const groups = 'X25519MLKEM768:X25519:P-256:P-384'

/** Our order of suites, but who lists ChaCha first has no such instructions. */
const secureOptions =
  constants.SSL_OP_NO_RENEGOTIATION |
  constants.SSL_OP_NO_COMPRESSION |
  constants.SSL_OP_CIPHER_SERVER_PREFERENCE |
  constants.SSL_OP_PRIORITIZE_CHACHA

/** How long a client may resume what it began. */
const sessionSeconds = 12 * 3_600

/** What every context says of its sessions, so that another one resumes them. */
const sessionIdContext = 'concordat'

/** Throws where OpenSSL takes none of it. */
export function servingContext({ cert, key }: TlsIdentity, ticketKeys?: Uint8Array): SecureContext {
  return createSecureContext({
    cert,
    key,
    ciphers,
    ecdhCurve: groups,
    secureOptions,
    sessionIdContext,
    sessionTimeout: sessionSeconds,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ...(ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(ticketKeys) }),
  })
}

const nameCharsMax = 253

/** What OpenSSL has against it; undefined: nothing. */
export function materialProblem({ certificates, challenges }: TlsMaterial): string | undefined {
  try {
    for (const one of [...certificates, ...challenges]) servingContext(one)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

export class TlsIdentities {
  /** For names that no certificate is for, and clients that ask for none; undefined: there is none. */
  readonly standard: SecureContext | undefined
  /** By exact name, and by `*.` and what follows the first label. */
  readonly #byName = new Map<string, SecureContext>()
  readonly #challenges = new Map<string, SecureContext>()
  /** By the texts that they were made from. */
  readonly #made = new Map<string, SecureContext>()
  readonly #ticketKeys: Uint8Array

  /**
   * Throws where OpenSSL takes a certificate or a key for none: nothing has changed then. What was
   * there before and stays is not made again: a context takes 0.2 ms, and one name of hundreds changes.
   */
  constructor({ certificates, challenges, ticketKeys }: TlsMaterial, before?: TlsIdentities) {
    this.#ticketKeys = ticketKeys
    const contexts = certificates.map((one) => this.#contextOf(one, before))
    this.standard = contexts[0]
    for (const [at, one] of certificates.entries()) this.#name(one, contexts[at]!)
    for (const one of challenges) {
      this.#challenges.set(one.name.toLowerCase(), servingContext(one))
    }
  }

  #contextOf(one: TlsIdentity, before: TlsIdentities | undefined): SecureContext {
    const text = one.cert + one.key
    const isSame =
      before !== undefined && Buffer.compare(before.#ticketKeys, this.#ticketKeys) === 0
    const known = isSame ? before.#made.get(text) : undefined
    const context = known ?? servingContext(one, this.#ticketKeys)
    this.#made.set(text, context)
    return context
  }

  /** Of two that are for one name the first serves it. */
  #name({ names }: TlsCertificate, context: SecureContext): void {
    for (const name of names) if (!this.#byName.has(name)) this.#byName.set(name, context)
  }

  get hasChallenges(): boolean {
    return this.#challenges.size > 0
  }

  /** To begin a handshake with that will show another. */
  get anyChallenge(): SecureContext | undefined {
    return this.#challenges.values().next().value
  }

  /** Never throws, whatever a client calls us. */
  contextFor(asked: string): SecureContext | undefined {
    const name = nameOf(asked)
    if (name === undefined) return this.standard
    const dot = name.indexOf('.')
    const wildcard = dot < 1 ? undefined : this.#byName.get(`*${name.slice(dot)}`)
    return this.#byName.get(name) ?? wildcard ?? this.standard
  }

  challengeFor(asked: string): SecureContext | undefined {
    const name = nameOf(asked)
    return name === undefined ? undefined : this.#challenges.get(name)
  }
}

/** A trailing dot is no part of it (RFC 6066 §3). Undefined where it could be no name. */
function nameOf(asked: string): string | undefined {
  const name = asked.endsWith('.') ? asked.slice(0, -1) : asked
  return name.length === 0 || name.length > nameCharsMax ? undefined : name.toLowerCase()
}
