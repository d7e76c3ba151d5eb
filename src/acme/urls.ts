// Addresses that a server hands out: they are asked over HTTPS or not at all (RFC 8555 §6.1).
import { textOf } from './json.ts'

const urlCharsMax = 2_048

export const isAcmeUrl = (text: string): boolean =>
  text.length <= urlCharsMax && URL.canParse(text) && new URL(text).protocol === 'https:'

/** Undefined where it is none that may be asked. */
export function acmeUrl(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && isAcmeUrl(text) ? text : undefined
}
