// acme: certificates that a certificate authority gives by itself (RFC 8555): names are proved,
// certificates ordered, kept on disk and renewed. It runs in the main thread; of what workers serve
// it hands out plain data. What it needs (jose, HTTPS) is loaded only where names are certified.
export { type AcmePlan, domainProblem, letsEncrypt } from './acme/settings.ts'
export type { AcmeEvent, NameStanding } from './acme/name.ts'
export { CertifiedNames, type CertifiedSetup } from './acme/certified.ts'
