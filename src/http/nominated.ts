// Which fields `Connection` may nominate to end at the next hop (RFC 9110 §7.6.1).

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/

// What a message is, who sent it and for whom: a peer that has these removed between our checks
// and the upstream would make the two of us see different messages.
const protectedNames: ReadonlySet<string> = new Set([
  'accept',
  'age',
  'allow',
  'api-key',
  'authorization',
  'cache-control',
  'cookie',
  'date',
  'digest',
  'expect',
  'expires',
  'forwarded',
  'host',
  'idempotency-key',
  'location',
  'max-forwards',
  'origin',
  'range',
  'referer',
  'retry-after',
  'set-cookie',
  'signature',
  'signature-input',
  'traceparent',
  'tracestate',
  'true-client-ip',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
])
const protectedPrefixes: readonly string[] = [
  'access-control-',
  'content-',
  'if-',
  'sec-',
  'x-api-',
  'x-auth',
  'x-client-',
  'x-csrf-',
  'x-forwarded',
  'x-real-ip',
  'x-request-id',
  'x-ssl-',
]

/** Why `Connection` may not nominate fields of these lower-case names; undefined where it may. */
export function nominationProblem(lowerNames: readonly string[]): string | undefined {
  for (const name of lowerNames) {
    if (!token.test(name)) return 'Connection holds something other than field names'
    if (isProtectedField(name)) return `Connection names ${name}, which goes to the upstream`
  }
  return undefined
}

/**
 * Whether a field, by lower-case name, tells what a message is, from whom and for whom. An
 * underscore counts as a hyphen: some services see no difference.
 */
export function isProtectedField(lowerName: string): boolean {
  const name = lowerName.replaceAll('_', '-')
  return protectedNames.has(name) || protectedPrefixes.some((prefix) => name.startsWith(prefix))
}
