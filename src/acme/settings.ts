// What is asked for, as the configuration means it: plain data.
import type { ChallengeType } from './kept.ts'

/** One authority and the names that it is asked to certify, each in a certificate of its own. */
export interface AcmePlan {
  /** Address of its directory. */
  readonly directory: string
  /** PEM: who certifies the authority's own server, where it is nobody that everybody knows. */
  readonly directoryCa?: string | undefined
  readonly email?: string | undefined
  /** In lower case. */
  readonly domains: readonly string[]
  /** Undefined: one after the other, until one is passed. */
  readonly challenge?: ChallengeType | undefined
  readonly externalAccount?: { readonly keyId: string; readonly macKeyEnv: string } | undefined
  /** Folder, as an absolute path; undefined: the user's own. */
  readonly storage?: string | undefined
}

export const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory'

const domainCharsMax = 253

/** Why no certificate can be had for a name; undefined where one can. */
export function domainProblem(domain: string): string | undefined {
  if (domain.startsWith('*.')) {
    return 'is a wildcard, which is certified by records in the DNS alone (DNS-01): name each host, or name the files of a certificate'
  }
  if (/^[\d.]+$/.test(domain) || domain.includes(':')) return 'is an address: expected a DNS name'
  if (domain.length > domainCharsMax) return `is longer than ${domainCharsMax} characters`
  const labels = domain.split('.')
  if (labels.length < 2) return 'is no public DNS name: expected one such as api.example.com'
  const isName = labels.every((label) => /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i.test(label))
  if (!isName) return 'is no DNS name: expected one such as api.example.com, in its ASCII form'
  return undefined
}
