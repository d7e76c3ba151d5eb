// Certificates made when a test wants them, so that none ever expires and none is skipped.
import {
  type Authority as Signer,
  makeCertificate as make,
  type MadeCertificate,
} from '../src/x509.ts'

export interface Certificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

export type Authority = MadeCertificate

export interface CertificateOptions {
  readonly name?: string
  /** DNS names and addresses that it is for. */
  readonly names?: readonly string[]
  /** Who signs; undefined: itself. */
  readonly issuer?: Signer
  readonly isAuthority?: boolean
  readonly validFrom?: Date
  readonly validTo?: Date
}

const dayMs = 86_400_000

/** Valid from yesterday until tomorrow, where nothing else is asked for. */
export function makeCertificate(options: CertificateOptions = {}): MadeCertificate {
  return make({
    name: 'test',
    validFrom: new Date(Date.now() - dayMs),
    validTo: new Date(Date.now() + dayMs),
    ...options,
  })
}

export const makeAuthority = (name = 'test authority'): Authority =>
  makeCertificate({ name, isAuthority: true })
