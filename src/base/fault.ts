// The closed catalogue of refusals: what may be said, with which status, whose fault it is,
// whether trying again may help, why it happens and what cures it. The faults page is made from it.

export type Blame = 'client' | 'upstream' | 'gateway'

export interface Fault {
  readonly status: number
  readonly blame: Blame
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** One sentence for the client when the refusal brings none of its own. */
  readonly message: string
  readonly cause: string
  readonly cure: string
}

const fault = (
  status: number,
  blame: Blame,
  retryable: boolean,
  message: string,
  cause: string,
  cure: string,
): Fault => ({ status, blame, retryable, message, cause, cure })

export const faults = {
  MALFORMED_REQUEST: fault(
    400,
    'client',
    false,
    'The request is not valid HTTP.',
    'The request line, a header field or the body framing breaks RFC 9110, RFC 9112 or RFC 9113, or could be read in two ways.',
    'Send the request with a maintained HTTP client. The connection was closed (of HTTP/2, the stream reset), for what follows on it cannot be trusted.',
  ),
  INVALID_PATH: fault(
    400,
    'client',
    false,
    'The path could be read in two ways.',
    'The path holds an escaped slash, backslash, dot or NUL, an empty or dot segment, or a trailing slash that the contract does not have.',
    'Send the path in its plain form, as the contract writes it.',
  ),
  UPGRADE_NOT_TAKEN: fault(
    400,
    'client',
    false,
    'This operation is no WebSocket.',
    'The request opens a WebSocket, and the contract declares no `101` for the operation, or its policy `websocket` is off.',
    'Call the operation as an ordinary request. Where it is a WebSocket, declare `101` among its responses in the contract.',
  ),
  INVALID_INPUT: fault(
    400,
    'client',
    false,
    'The request does not match the contract.',
    'A parameter or the body breaks its schema in the contract.',
    'Each entry of `details` names the place and what is wrong with it.',
  ),
  UNAUTHENTICATED: fault(
    401,
    'client',
    false,
    'A credential is required.',
    'The operation requires a credential that the request does not carry where the contract puts it.',
    'Send the credential named by `WWW-Authenticate` and the contract.',
  ),
  ADDRESS_DENIED: fault(
    403,
    'client',
    false,
    'This address may not call the API.',
    'The client address is in a deny list, or there are allow lists and it is in none. The record says at which level.',
    'Call from another network, or ask the owner of the API to let this one in.',
  ),
  ORIGIN_DENIED: fault(
    403,
    'client',
    false,
    'Pages of this origin may not open a WebSocket here.',
    'The `Origin` of the handshake is neither that of the API nor one of those that the operation lists.',
    'Open it from a page of a listed origin, or ask the owner of the API to list this one.',
  ),
  FORBIDDEN: fault(
    403,
    'client',
    false,
    'This is not permitted.',
    'A custom policy does not permit the request. The record names the policy.',
    'See what the owner of the API permits.',
  ),
  NOT_FOUND: fault(
    404,
    'client',
    false,
    'No operation has this path.',
    'The contract declares no operation for this path.',
    'Compare the path, base path included, with the contract.',
  ),
  METHOD_NOT_ALLOWED: fault(
    405,
    'client',
    false,
    'This path does not take this method.',
    'The contract declares the path, but not with this method.',
    'Use a method from the `Allow` header.',
  ),
  NOT_ACCEPTABLE: fault(
    406,
    'client',
    false,
    'No reply of this operation has an acceptable media type.',
    'The `Accept` header excludes every media type that the contract declares for successful replies.',
    'Accept one of the declared media types.',
  ),
  REQUEST_TIMEOUT: fault(
    408,
    'client',
    true,
    'The request did not arrive in time.',
    'The head or the body came slower than the bounds allow.',
    'Send the request again, faster.',
  ),
  CONTENT_TOO_LARGE: fault(
    413,
    'client',
    false,
    'The body is too large.',
    'The body has more bytes than the operation allows.',
    'Send less, or ask the owner of the API for a higher bound.',
  ),
  URI_TOO_LONG: fault(
    414,
    'client',
    false,
    'The request target is too long.',
    'The target has more bytes than `uriBytesMax`.',
    'Move long values into the body, where the contract allows it.',
  ),
  UNSUPPORTED_MEDIA_TYPE: fault(
    415,
    'client',
    false,
    'The body has a media type that this operation does not take.',
    'The `Content-Type` is missing or not declared, its charset is not UTF-8, or the body has a `Content-Encoding`.',
    'Send one of the declared media types, in UTF-8, without a content coding.',
  ),
  EXPECTATION_FAILED: fault(
    417,
    'client',
    false,
    'The expectation cannot be met.',
    'The `Expect` header holds something other than `100-continue`.',
    'Leave the header out.',
  ),
  TOO_EARLY: fault(
    425,
    'client',
    true,
    'The request came before the TLS handshake was through.',
    'A hop in front of the gateway took the request in early data, says so by `Early-Data: 1`, and the method is none that may be repeated unnoticed (RFC 8470).',
    'Send it again once the handshake is through, as browsers do by themselves; or take early data at that hop for safe methods alone.',
  ),
  MISDIRECTED_REQUEST: fault(
    421,
    'client',
    false,
    'This host is not served here.',
    'The `Host` is none of the hosts that the configuration lists.',
    'Use one of the hosts of the API.',
  ),
  UPGRADE_REQUIRED: fault(
    426,
    'client',
    false,
    'This operation is a WebSocket of version 13.',
    'The request asks for no WebSocket where the operation is nothing else, or for one of a version that is not spoken here.',
    'Open a WebSocket, as RFC 6455 has it.',
  ),
  LIMIT_EXCEEDED: fault(
    429,
    'client',
    true,
    'Too many requests.',
    'The client used up a limit of the API.',
    'Wait as long as `Retry-After` says, then send the request again.',
  ),
  HEADERS_TOO_LARGE: fault(
    431,
    'client',
    false,
    'The header section is too large.',
    'The header fields have more bytes, or are more in number, than the bounds allow.',
    'Send fewer or smaller header fields; large cookies are the usual reason.',
  ),
  CLIENT_CLOSED: fault(
    499,
    'client',
    true,
    'The client closed the connection.',
    'The client went away before its reply was complete. This is only ever seen in records: nobody is left to read it.',
    'Give the client a longer timeout, or the operation a shorter one.',
  ),
  INTERNAL_ERROR: fault(
    500,
    'gateway',
    false,
    'The gateway failed.',
    'A bug of the gateway. The record holds the stack.',
    'Report it with the request id.',
  ),
  NOT_IMPLEMENTED: fault(
    501,
    'client',
    false,
    'The request asks for something that is not supported here.',
    'The request uses a transfer coding other than `chunked`, or a protocol that is not offered.',
    'Send the body plainly or with `chunked` alone.',
  ),
  UPSTREAM_TLS: fault(
    502,
    'upstream',
    true,
    'The service could not be reached safely.',
    'The TLS handshake with the upstream failed: its certificate is not valid for its name, has expired or comes from an unknown CA, or it refuses ours. Nothing was sent.',
    'The record says what failed. Renew the certificate of the upstream, or set `tls` of the upstream: its `ca`, `serverName`, or `cert` and `key`.',
  ),
  UPSTREAM_UNREACHABLE: fault(
    502,
    'upstream',
    true,
    'The service cannot be reached.',
    'No connection to the upstream could be made: it refused, its name does not resolve, or it is asked in HTTP/2 (`h2c://`, `http: 2`) and speaks HTTP/1.1. Nothing was sent.',
    'See whether the upstream runs and listens where the configuration says, in that version of HTTP; the record says why.',
  ),
  UPSTREAM_CLOSED: fault(
    502,
    'upstream',
    true,
    'The service broke off.',
    'The upstream closed or reset the connection before its reply was complete.',
    'Look into the logs of the upstream at this time: a crash or a restart is the usual reason.',
  ),
  UPSTREAM_PROTOCOL: fault(
    502,
    'upstream',
    true,
    'The service sent a reply that is not valid HTTP.',
    'The reply of the upstream breaks RFC 9112 or a bound on replies, or could be read in two ways.',
    'The record names the rule it broke; mend the upstream.',
  ),
  UPSTREAM_ERROR: fault(
    502,
    'upstream',
    true,
    'The service failed.',
    'The upstream answered with a server error that its contract does not declare.',
    'Look into the logs of the upstream; declare the reply in the contract if it is meant for clients.',
  ),
  UPSTREAM_NOT_GRPC: fault(
    502,
    'upstream',
    true,
    'The service did not answer in gRPC.',
    'The reply to a gRPC request has another status than 200 or another media type than `application/grpc`, or it ended without a `grpc-status`.',
    'See what answers there: a proxy that knows no gRPC, a service that does not have the method, or one that died.',
  ),
  UPSTREAM_INVALID_REPLY: fault(
    502,
    'upstream',
    false,
    'The service sent a reply that breaks the contract.',
    'The reply has a status, media type, field or body that the contract does not allow, or is too large to be checked.',
    'The record names what broke the contract; mend the upstream, or the contract.',
  ),
  UPSTREAM_BUSY: fault(
    503,
    'gateway',
    true,
    'The service is at its bound of connections.',
    'Every connection that the pool of the upstream may hold is in use, and its queue is full or too slow.',
    'Wait and try again; raise `endpointConnectionsMax` if the upstream can take more.',
  ),
  OVERLOADED: fault(
    503,
    'gateway',
    true,
    'The gateway is at its bound.',
    'The gateway has no room: it holds as many connections as it may, in all or from this address, or as many bytes of bodies; or the machine has no descriptor left for a connection to the upstream. Nothing was sent. In records also: the gateway stopped, and the exchange outlived the time that it may then take.',
    'Wait and try again.',
  ),
  NOT_OPEN: fault(
    503,
    'gateway',
    true,
    'The service is not open at this time.',
    'A custom policy keeps the service closed for a while, such as for its maintenance.',
    'Wait and try again.',
  ),
  UPSTREAM_UNAVAILABLE: fault(
    503,
    'upstream',
    true,
    'The service is not available.',
    'The upstream answered 503 where its contract does not declare it.',
    'Wait and try again.',
  ),
  UPSTREAM_TIMEOUT: fault(
    504,
    'upstream',
    true,
    'The service did not answer in time.',
    'The upstream took longer to connect, to begin its reply or to continue it than the bounds allow. The record says which.',
    'See what slows the upstream, or raise the bound for this operation.',
  ),
  VERSION_NOT_SUPPORTED: fault(
    505,
    'client',
    false,
    'This version of HTTP is not supported here.',
    'The request line names a version other than HTTP/1.0 and HTTP/1.1.',
    'Use HTTP/1.1, or HTTP/2 from the first byte on.',
  ),
  LOOP_DETECTED: fault(
    508,
    'gateway',
    false,
    'The request went round in a circle.',
    'The `Via` header shows that this gateway has already handled the request.',
    'See whether an upstream points back at the gateway.',
  ),
} as const satisfies Record<string, Fault>

export type FaultCode = keyof typeof faults

/** One thing wrong with a request: never holds the value itself. */
export interface Detail {
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'body'
  /** A parameter's name, or a JSON Pointer into the body. */
  readonly field: string
  /** The kind of problem, a closed set of snake_case words such as `required` or `invalid_format`. */
  readonly issue: string
  readonly message: string
}

/** A refusal is a value: a step returns it, nobody throws it. */
export interface Refusal {
  readonly code: FaultCode
  readonly message: string
  readonly details?: readonly Detail[]
  readonly retryAfterMs?: number
  /** More reply header fields, name and value in turn, such as `Allow`. */
  readonly headers?: readonly string[]
  /** For the record alone: never sent to a client. */
  readonly reason?: string
  /** The status that a client of gRPC is told, where that of the code would say less. */
  readonly grpcStatus?: number
}

/** Builds a refusal; without a message of its own it takes the catalogue's. */
export function refuse(
  code: FaultCode,
  message?: string,
  more?: Omit<Refusal, 'code' | 'message'>,
): Refusal {
  return { code, message: message ?? faults[code].message, ...more }
}
