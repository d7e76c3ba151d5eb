// What listeners prove themselves by, and what they answer whoever certifies them. Plain data, told
// to every thread whole, and replaced whole at any time: a new one holds for new handshakes, and no
// snapshot changes for it. Private keys lie in it: it is never printed and never kept on disk.

/** A certificate and the key to it, as PEM texts. */
export interface TlsIdentity {
  /** Its chain behind it. */
  readonly cert: string
  readonly key: string
}

export interface TlsCertificate extends TlsIdentity {
  /** DNS names that it is for, in lower case: `api.test`, `*.api.test`. */
  readonly names: readonly string[]
}

/** What `acme-tls/1` is answered with (RFC 8737), for one name. */
export interface TlsChallenge extends TlsIdentity {
  readonly name: string
}

/** What `/.well-known/acme-challenge/TOKEN` is answered with (RFC 8555 §8.3). */
export interface TlsAnswer {
  readonly token: string
  readonly keyAuthorization: string
}

export interface TlsMaterial {
  /** The first one serves names that no other is for, and clients that ask for none. */
  readonly certificates: readonly TlsCertificate[]
  /** Of all threads one, so that each resumes what another began. */
  readonly ticketKeys: Uint8Array
  readonly challenges: readonly TlsChallenge[]
  readonly answers: readonly TlsAnswer[]
}

export const ticketKeysBytes = 48

export const noTlsMaterial: TlsMaterial = {
  certificates: [],
  ticketKeys: new Uint8Array(ticketKeysBytes),
  challenges: [],
  answers: [],
}
