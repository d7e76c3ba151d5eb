// x509: certificates, and what they are made of: just enough DER (X.690) to write those that we
// make and ask for (RFC 5280, RFC 2986), signed by node:crypto.
export {
  type Authority,
  type CertificateTerms,
  makeCertificate,
  type MadeCertificate,
} from './x509/certificate.ts'
export {
  bitString,
  boolean,
  integer,
  objectId,
  octets,
  pemOf,
  sequence,
  set,
  tagged,
  utf8,
} from './x509/der.ts'
export { alternativeNames, type Extension, extensionOf, nameOf, oids } from './x509/fields.ts'
export { certificateNames, certificatesIn } from './x509/read.ts'
