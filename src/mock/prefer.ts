// What a consumer prefers of one reply (`Prefer`, RFC 7240): `code=404`, `example=name`,
// `dynamic=true`. Preferences that a mock knows nothing of are ignored, as the RFC wants.

export interface Preferences {
  /** This status. */
  readonly code: number | undefined
  /** The example of that name. */
  readonly example: string | undefined
  /** Made up anew for each request, not taken from examples. */
  readonly dynamic: boolean
}

export const noPreferences: Preferences = { code: undefined, example: undefined, dynamic: false }

/** The preferences, or what is wrong with one of them. */
export function readPrefer(field: string | undefined): Preferences | { problem: string } {
  if (field === undefined) return noPreferences
  const values = new Map<string, string>()
  for (const [, name, quoted, token] of field.matchAll(preference)) {
    const known = values.get(name!.toLowerCase())
    // Of a preference that is there twice the first counts (RFC 7240 §2).
    if (known === undefined) values.set(name!.toLowerCase(), unquoted(quoted) ?? token ?? '')
  }
  const code = values.get('code')
  if (code !== undefined && !/^[1-5]\d\d$/.test(code)) {
    return { problem: `Prefer: code is a status such as 404, not '${code}'` }
  }
  const dynamic = values.get('dynamic')
  return {
    code: code === undefined ? undefined : Number(code),
    example: values.get('example'),
    dynamic: dynamic !== undefined && dynamic !== 'false',
  }
}

const preference = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:("(?:[^"\\]|\\.)*")|([^\s,;"]*)))?[^,]*/g

const unquoted = (text: string | undefined): string | undefined =>
  text?.slice(1, -1).replaceAll(/\\(.)/g, '$1')
