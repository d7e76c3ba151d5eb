// Problem documents of RFC 7807 as ACME uses them (RFC 8555 §6.7), in the words of a sentence.
import { type AcmeFailure, failure, type FailureKind, plainText } from './failure.ts'
import { isRecord, textOf } from './json.ts'

const prefix = 'urn:ietf:params:acme:error:'

const subproblemsShown = 3

/** What a reply that is no success says. */
export function refusalOf(status: number, body: unknown, retryAfterMs?: number): AcmeFailure {
  const problem = problemType(body)
  const said = problemText(body) ?? 'without a reason'
  return failure(kindOf(status, problem), `it answers ${status}: ${said}`, {
    problem,
    retryAfterMs,
  })
}

function kindOf(status: number, problem: string | undefined): FailureKind {
  if (problem === 'rateLimited' || status === 429) return 'rateLimited'
  return status >= 500 || status === 408 ? 'unavailable' : 'refused'
}

export function problemType(body: unknown): string | undefined {
  const type = isRecord(body) ? textOf(body['type']) : undefined
  return type?.startsWith(prefix) ? plainText(type.slice(prefix.length)) : undefined
}

/** Undefined where it is no problem document. */
export function problemText(body: unknown): string | undefined {
  if (!isRecord(body)) return undefined
  const parts = [problemType(body), textOf(body['detail']), ...subproblemTexts(body)]
  const text = parts.filter((part) => part !== undefined).join(': ')
  return text === '' ? undefined : plainText(text)
}

function subproblemTexts({ subproblems }: Readonly<Record<string, unknown>>): string[] {
  if (!Array.isArray(subproblems)) return []
  return subproblems.slice(0, subproblemsShown).flatMap((one: unknown) => {
    if (!isRecord(one)) return []
    const { identifier } = one
    const name = isRecord(identifier) ? textOf(identifier['value']) : undefined
    const text = textOf(one['detail']) ?? problemType(one)
    return text === undefined ? [] : [name === undefined ? text : `${name}: ${text}`]
  })
}
