// How long certificates are still good for: in the metrics, and a sentence while there is time.
import { X509Certificate } from 'node:crypto'
import { familyHead, label, sample } from '../telemetry.ts'
import type { TlsCertificate } from '../wire.ts'

const dayMs = 86_400_000
const warnBeforeMs = 14 * dayMs

export interface Expiry {
  /** As operators know it: the first name that it is for. */
  readonly name: string
  readonly expiresEpochMs: number
}

export const expiryOf = ({ cert, names }: TlsCertificate): Expiry => {
  const { subject, validToDate } = new X509Certificate(cert)
  return { name: names[0] ?? subject.replaceAll('\n', ', '), expiresEpochMs: Number(validToDate) }
}

/** A sentence where somebody should act; undefined where nobody need yet. */
export function expiryWarning({ name, expiresEpochMs }: Expiry, epochMs: number) {
  const leftMs = expiresEpochMs - epochMs
  const date = new Date(expiresEpochMs).toISOString()
  if (leftMs < 0) return `the certificate of ${name} expired at ${date}: clients refuse it`
  if (leftMs > warnBeforeMs) return undefined
  const days = Math.ceil(leftMs / dayMs)
  return `the certificate of ${name} expires within ${days === 1 ? 'a day' : `${days} days`}, at ${date}`
}

export function expiryMetrics(expiries: readonly Expiry[]): string {
  if (expiries.length === 0) return ''
  const name = 'concordat_tls_certificate_expires_timestamp_seconds'
  const lines = expiries.map((one) =>
    sample(name, label('name', one.name), one.expiresEpochMs / 1_000),
  )
  return [
    familyHead(name, 'gauge', 'When a certificate of the listeners expires, since the epoch.'),
    ...new Set(lines),
  ].join('')
}
