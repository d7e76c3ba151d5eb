// Media types as contracts and requests write them.
import type { MediaPlan } from './operation.ts'

const token = "[\\w!#$%&'*+.^`|~-]+"
const rangePattern = new RegExp(`^(${token}/${token})[ \\t]*(?:;.*)?$`)

/** Lower case and without parameters; undefined where it is no media type or range. */
export function mediaRange(text: string): string | undefined {
  return rangePattern.exec(text.trim())?.[1]?.toLowerCase()
}

/**
 * By its own name or by structured suffix (RFC 6839); for a range in lower case. Messages of gRPC
 * stand in a framing of their own, whatever is in them.
 */
export function isJson(range: string): boolean {
  if (range === 'application/grpc+json') return false
  return range === 'application/json' || range === 'text/json' || range.endsWith('+json')
}

/** The plan that fits a media type best: itself, then its `type/*`, then `*\/*`. */
export function mediaFor<M extends { readonly range: string }>(
  media: readonly M[],
  type: string,
): M | undefined {
  const half = `${type.slice(0, type.indexOf('/'))}/*`
  return (
    media.find((one) => one.range === type) ??
    media.find((one) => one.range === half) ??
    media.find((one) => one.range === '*/*')
  )
}

/** Whether bodies are held whole to be checked; those that are not are watched, or left unread. */
export const isHeld = ({ reader, schema }: Pick<MediaPlan, 'reader' | 'schema'>): boolean =>
  reader === 'json' || reader === 'form' || (reader === 'text' && schema !== undefined)

/** Whether a range says nothing of how its bodies are read: of them only JSON is read. */
export const readsOnlyJson = (range: string): boolean => range.endsWith('/*')

/**
 * Compiles the declared ranges, and those of them with a reader, to a test of a media type: whether
 * a body of that type is read here, or left to the service.
 */
export function readTypeTest(
  ranges: readonly string[],
  read: readonly string[],
): (type: string) => boolean {
  const media = ranges.map((range) => ({ range, isRead: read.includes(range) }))
  return (type) => {
    const fitting = mediaFor(media, type)
    return fitting?.isRead === true && (!readsOnlyJson(fitting.range) || isJson(type))
  }
}
