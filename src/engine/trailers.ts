// Fields behind a body. Some recipients join them to those of the head: what policies say of fields
// there, none of them may bring in again.
import { editFields, type Exchange } from '../http.ts'
import type { OwnFields } from './request-fields.ts'
import type { LinkedOperation } from './snapshot.ts'

/** Of a request: those that policies neither set nor take out. */
export function requestTrailers(
  trailers: readonly string[],
  { requestEdit }: Pick<LinkedOperation, 'requestEdit'>,
  own: OwnFields | undefined,
): readonly string[] {
  if (trailers.length === 0) return trailers
  const set = requestEdit.set.filter((_, i) => i % 2 === 0)
  const concerned = [...requestEdit.drop, ...set, ...(own?.keys() ?? [])]
  return editFields(trailers, { drop: concerned.map((name) => name.toLowerCase()), add: [] })
}

/** Of a reply: those that are neither added nor taken out, and hosts of the inside in none. */
export function replyTrailers(
  trailers: readonly string[],
  { edit, mapFields }: Pick<LinkedOperation, 'edit' | 'mapFields'>,
  exchange: Exchange,
): readonly string[] {
  if (trailers.length === 0) return trailers
  const mapped = mapFields === undefined ? trailers : mapFields(trailers, exchange)
  const added = edit.add.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
  return editFields(mapped, { drop: [...edit.drop, ...added], add: [] })
}
