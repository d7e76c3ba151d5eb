// What HTTP says of methods (RFC 9110 §9.2).

const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])

/** Whether sending a request twice has the effect of sending it once (RFC 9110 §9.2.2). */
export const isIdempotent = (method: string): boolean => idempotent.has(method)
