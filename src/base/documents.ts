// What a set of loaded files looks like to those who only read data: values by address, and a
// place in a file for each value. `load` makes one from the disk; tests make one from literals.

/** A place in a file, both counted from 1, as editors do; line 0 where it is in no file. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface Documents {
  /** Absolute URI of the first document, without a fragment. */
  readonly root: string
  /** Every loaded document: its parsed value by absolute URI without a fragment. */
  readonly values: ReadonlyMap<string, unknown>
  /** Where the value at a JSON Pointer of a document is written. Slow: for messages only. */
  locate(uri: string, pointer: string): Place
}

/** A file that was asked for, by its absolute path, and what was in it then. */
export interface SourceFile {
  readonly path: string
  /** The SHA-256 of its bytes in hex; `unread` where it is there and was not taken. */
  readonly content: string
}

/** What `content` says where there are no bytes. */
export const absentContent = 'absent'
export const unreadContent = 'unread'

/** Something to say about what was written. Errors refuse it; warnings and notes do not. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'note'
  readonly message: string
  readonly place: Place
}

/**
 * What a document calls itself: an absolute URI from `$self` (OpenAPI 3.2), without a fragment;
 * undefined where it says nothing, and is called by where it was found.
 */
export function selfOf(value: unknown, uri: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { openapi, $self } = value as { openapi?: unknown; $self?: unknown }
  if (typeof openapi !== 'string' || !openapi.startsWith('3.2')) return undefined
  return typeof $self === 'string' ? absolute($self, uri) : undefined
}

/**
 * Where a reference may lead, likeliest first and without its fragment. A document that calls
 * itself by another address than where it was found has its neighbours there too, by name; and
 * they are looked for beside it.
 */
export function targetsOf(reference: string, uri: string, self?: string | undefined): string[] {
  const found = [absolute(reference, uri)]
  if (self !== undefined) {
    const named = absolute(reference, self)
    const folder = self.slice(0, self.lastIndexOf('/') + 1)
    const rest = named?.startsWith(folder) ? named.slice(folder.length) : ''
    found.unshift(named, rest === '' ? undefined : absolute(rest, uri))
  }
  return [...new Set(found.filter((one) => one !== undefined))]
}

function absolute(reference: string, base: string): string | undefined {
  const url = URL.parse(reference, base)
  if (url === null) return undefined
  url.hash = ''
  return url.href
}

/** One reference token of a JSON Pointer (RFC 6901), escaped. */
export function pointerToken(token: string | number): string {
  const text = String(token)
  // Most have neither, and a large contract asks millions of times.
  return /[~/]/.test(text) ? text.replaceAll('~', '~0').replaceAll('/', '~1') : text
}

/** The `file:line:column` form that editors and terminals turn into a link. */
export function placeText(place: Place): string {
  return place.line === 0 ? place.file : `${place.file}:${place.line}:${place.column}`
}
