// Media types as contracts and requests write them.

const token = "[\\w!#$%&'*+.^`|~-]+"
const rangePattern = new RegExp(`^(${token}/${token})[ \\t]*(?:;.*)?$`)

/** Lower case and without parameters; undefined where it is no media type or range. */
export function mediaRange(text: string): string | undefined {
  return rangePattern.exec(text.trim())?.[1]?.toLowerCase()
}

/** By its own name or by structured suffix (RFC 6839); for a range in lower case. */
export function isJson(range: string): boolean {
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
