// Why something came to nothing, as a value: a kind that decides when it is tried again, and a
// sentence for the operator. What a server says of itself is text of others: it is cut and cleaned.

export type FailureKind =
  /** Nobody answered, or only that it is out of order: nothing was asked of it. */
  | 'unavailable'
  /** It wants to be asked less often. */
  | 'rateLimited'
  /** It will not, for what we are or what we ask for. */
  | 'refused'
  /** It does not speak as RFC 8555 has it. */
  | 'misunderstood'
  /** Nothing can be kept, so nothing is asked for. */
  | 'storage'
  /** We stop. */
  | 'stopped'

export interface AcmeFailure {
  readonly failed: FailureKind
  /** Part of a sentence: what happened, without a full stop. */
  readonly text: string
  /** How long the server wants us to wait. */
  readonly retryAfterMs?: number | undefined
  /** The last word of the type of its problem (RFC 8555 §6.7), such as `badNonce`. */
  readonly problem?: string | undefined
}

/** Whatever of others is in the text, it is one line that steers no terminal. */
export function failure(
  failed: FailureKind,
  text: string,
  more: Pick<AcmeFailure, 'retryAfterMs' | 'problem'> = {},
): AcmeFailure {
  return { failed, text: plainText(text), ...more }
}

export const isFailure = (outcome: object): outcome is AcmeFailure => 'failed' in outcome

const textCharsMax = 600

/** Text of others in one line that steers no terminal. */
export function plainText(text: string): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim()
  return line.length > textCharsMax ? `${line.slice(0, textCharsMax)}…` : line
}
