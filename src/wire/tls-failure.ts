// What failed in TLS, in words for the record. Names of a certificate are what a stranger wrote:
// bounded, and never shown to a client.

/** Distinguishes what TLS refused from a network that failed. */
export class TlsFailure extends Error {}

const sentences: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate, or one that vouches for it, has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  CERT_REJECTED: 'its certificate may not be used for this',
  INVALID_PURPOSE: 'its certificate is not for servers',
  CERT_UNTRUSTED: 'its certificate is not trusted',
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed, and no CA that is trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the CA of its certificate is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the issuer of its certificate is unknown',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the issuer of its certificate is unknown',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the issuer of its certificate is unknown, or it does not send the certificates between',
  ECONNRESET: 'it closed in the midst of the handshake',
  EPIPE: 'it closed in the midst of the handshake',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there speaks no TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answers there speaks no TLS',
  ERR_SSL_HTTP_REQUEST: 'what answers there speaks no TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks neither TLS 1.2 nor TLS 1.3',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks neither TLS 1.2 nor TLS 1.3',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
    'it takes none of the versions of HTTP that it is offered',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "it demands a client's certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "it refuses the client's certificate",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "it does not know the CA of the client's certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "it finds the client's certificate expired",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "it refuses the client's certificate",
  ERR_SSL_TLSV1_ALERT_UNRECOGNIZED_NAME: 'it serves no such name',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'it serves no such name',
}

const namesCharsMax = 200

/** What its certificate says that it is for. */
interface NamedError extends NodeJS.ErrnoException {
  readonly cert?: { readonly subjectaltname?: string }
}

export function tlsFailureText(error: NodeJS.ErrnoException): string {
  const { code = error.message } = error
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (error as NamedError).cert?.subjectaltname ?? 'none at all'
    return `failed in TLS: its certificate is for other names (${names.slice(0, namesCharsMax)})`
  }
  const sentence = sentences[code]
  return `failed in TLS: ${sentence === undefined ? code : `${sentence} (${code})`}`
}
