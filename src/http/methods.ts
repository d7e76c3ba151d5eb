// What HTTP says of methods (RFC 9110 §9.2, and IANA's registry of methods).

/** All that are safe, and of the others those of RFC 9110. */
const idempotent = new Set(
  'GET HEAD OPTIONS TRACE QUERY PROPFIND REPORT SEARCH PUT DELETE'.split(' '),
)

/** Whether sending a request twice has the effect of sending it once (RFC 9110 §9.2.2). */
export const isIdempotent = (method: string): boolean => idempotent.has(method)
