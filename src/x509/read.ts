// What stands in certificates that others made.
import { X509Certificate } from 'node:crypto'

const certificateForm = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** Those of a PEM text in their order; a number where one cannot be read: which, from 1 on. */
export function certificatesIn(pem: string): X509Certificate[] | number {
  const certificates: X509Certificate[] = []
  for (const [at, text] of (pem.match(certificateForm) ?? []).entries()) {
    try {
      certificates.push(new X509Certificate(text))
    } catch {
      return at + 1
    }
  }
  return certificates
}

const nameForm = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/

/** The DNS names that it is for, in lower case; what could be none is left out. */
export function certificateNames({ subjectAltName = '' }: X509Certificate): string[] {
  // A value that holds a comma stands in quotes.
  return subjectAltName
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .split(', ')
    .filter((one) => one.startsWith('DNS:'))
    .map((one) => one.slice('DNS:'.length).toLowerCase())
    .filter((name) => nameForm.test(name))
}
