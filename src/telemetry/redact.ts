// Keeps the values of named path parameters out of the log.
import { eachOf, keeping, type Listed } from '../base.ts'
import type { ObservedOperation } from './record.ts'

export interface PathRedaction {
  /** The path of an exchange with this operation; -1 for none. */
  path(operation: number, path: string): string
}

interface Prefix {
  readonly text: string
  readonly plain: string
}

const hidden = '[redacted]'
const nothing: PathRedaction = { path: (_, path) => path }

/** `parameters` are names of path parameters, whatever the operation. */
export function pathRedaction(
  operations: Listed<ObservedOperation>,
  parameters: readonly string[],
): PathRedaction {
  if (parameters.length === 0) return nothing
  const marks = parameters.map((name) => `{${name}}`)
  const holds = (text: string) => marks.some((mark) => text.includes(mark))
  const maskFor = keeping((index) => maskOf(operations.at(index)!.template, holds))
  let prefixes: readonly Prefix[] | undefined
  return {
    path(operation, path) {
      if (operation >= 0) return maskFor(operation)(path)
      return cutAtPrefix(path, (prefixes ??= prefixesOf(operations, holds)))
    },
  }
}

/** What stands before the first parameter of templates that hold a secret one. */
function prefixesOf(
  operations: Listed<ObservedOperation>,
  holds: (text: string) => boolean,
): readonly Prefix[] {
  const starts = new Set<string>()
  for (const { template } of eachOf(operations)) {
    if (holds(template)) starts.add(template.slice(0, template.indexOf('{')))
  }
  return [...starts].map((text) => ({ text, plain: plainPath(text) }))
}

function maskOf(template: string, holds: (text: string) => boolean): (path: string) => string {
  if (!holds(template)) return (path) => path
  const wanted = template.split('/').map(holds)
  return (path) => {
    const segments = path.split('/')
    // A lenient form of the path has other segments: then nobody knows which are secret.
    if (segments.length !== wanted.length) return template
    return segments.map((segment, i) => (wanted[i] ? hidden : segment)).join('/')
  }
}

// A request that found no operation may still carry a secret: one method or one slash off, or
// spelled with escapes.
function cutAtPrefix(path: string, prefixes: readonly Prefix[]): string {
  const plain = plainPath(path)
  const prefix = prefixes.find((one) => plain.startsWith(one.plain))
  return prefix === undefined ? path : prefix.text + hidden
}

/** Escapes as the bytes that they stand for, in latin1, and runs of slashes as one. */
function plainPath(path: string): string {
  const bytes = Buffer.from(path).toString('latin1')
  const decoded = bytes.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return decoded.replaceAll(/[/\\]+/g, '/')
}
