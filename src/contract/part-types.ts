// Which media types a part of a multipart body may have.
import type { MediaType } from '../http.ts'
import { isJson } from './media.ts'
import type { PartPlan } from './operation.ts'

/** A part without a type is text/plain (RFC 7578, section 4.4). */
const typeOf = (type: MediaType | undefined): string => type?.type ?? 'text/plain'

/** A list of texts has parts of text, or is one of JSON. */
export function isPartType(
  written: MediaType | undefined,
  { as, many, types }: Pick<PartPlan, 'as' | 'many' | 'types'>,
): boolean {
  const type = typeOf(written)
  // Some services look for parts within it; what nobody declared must not hide there.
  if (type.startsWith('multipart/')) return types.includes(type)
  if (types.length > 0) return types.some((range) => covers(range, type))
  if (as === 'text') return type.startsWith('text/') || (many && isJson(type))
  return as !== 'json' || type === 'text/plain' || isJson(type)
}

const covers = (range: string, type: string): boolean =>
  range === type || range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))

export function isUtf8Type(type: MediaType | undefined): boolean {
  const charset = type?.parameters.get('charset')
  return charset === undefined || /^utf-?8$/i.test(charset)
}
