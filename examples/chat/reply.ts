// What an operation answers: a reply, or a refusal that becomes the error body of the contract.

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes go out as they are, anything else as JSON. */
  readonly body?: unknown
}

export interface Detail {
  readonly in: 'path' | 'query' | 'header' | 'body'
  /** A parameter's name, or a JSON Pointer into the body. */
  readonly field: string
  readonly issue: string
  readonly message: string
}

const statuses = {
  INVALID_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  CONTENT_TOO_LARGE: 413,
  UPGRADE_REQUIRED: 426,
  INTERNAL_ERROR: 500,
} as const

export interface Refusal {
  readonly refused: keyof typeof statuses
  readonly message: string
  readonly details?: readonly Detail[]
  readonly headers?: Readonly<Record<string, string>>
}

export function refuse(
  refused: Refusal['refused'],
  message: string,
  more: Pick<Refusal, 'details' | 'headers'> = {},
): Refusal {
  return { refused, message, ...more }
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value
}

/** The refusal in the form that the contract gives every error. */
export function errorBody({ refused, message, details }: Refusal, requestId: string) {
  const error = {
    code: refused,
    message,
    ...(details && { details }),
    retryable: false,
    requestId,
  }
  return { error }
}

export function errorReply(refusal: Refusal, requestId: string): Reply {
  const { refused, headers = {} } = refusal
  return { status: statuses[refused], headers, body: errorBody(refusal, requestId) }
}
