// Every way in which what was sent for one parameter or field may be read, most likely first.
// Nearly always there is one; unions and the specification's vague corners make more.
import { type Entry, linkObject, objectFrom, type Prefer, preferences } from './convert.ts'
import { scalarOf, unfit, valueOf } from './convert.ts'
import type { ObjectShape, Shape, Style } from './operation.ts'
import { listSplits, objectSplits, type Raw, scalarSplit } from './styles.ts'

/** Gives a value, or `unfit`; throws URIError where an escape is broken. */
export type Way<Sent> = (sent: Sent) => unknown

export interface Written {
  readonly name: string
  readonly style: Style
  readonly explode: boolean
  readonly shape: Shape
}

export type Decode = (text: string) => string

export const alternatives = (shape: Shape): readonly Shape[] =>
  shape.kind === 'mixed' ? shape.shapes : [shape]

/** Ways to read what stands under the parameter's own name. */
export function waysOf(written: Written, decode: Decode): readonly Way<Raw>[] {
  return alternatives(written.shape).flatMap((shape) =>
    preferences(shape).flatMap((prefer) => waysAs(written, shape, prefer, decode)),
  )
}

function waysAs(
  { name, style, explode }: Written,
  shape: Shape,
  prefer: Prefer,
  decode: Decode,
): readonly Way<Raw>[] {
  switch (shape.kind) {
    case 'scalar': {
      const take = scalarSplit(style, name)
      return [
        (raw) => {
          const text = take(raw)
          return text === undefined ? unfit : scalarOf(decode(text), shape.types, prefer)
        },
      ]
    }
    case 'array':
      return listSplits(style, explode, name).map((split) => (raw) => {
        const texts = split(raw)
        return texts?.map((text) => valueOf(decode(text), shape.items, prefer)) ?? unfit
      })
    case 'object': {
      const linked = linkObject(shape)
      return objectSplits(style, explode, name).map((split) => (raw) => {
        const texts = split(raw)
        return texts ? objectFrom(entriesOf(texts, decode), linked, prefer) : unfit
      })
    }
    case 'mixed':
      return []
  }
}

function entriesOf(texts: readonly string[], decode: Decode): Entry[] {
  const entries: Entry[] = []
  for (let i = 0; i < texts.length; i += 2) {
    entries.push({ path: [decode(texts[i]!)], text: decode(texts[i + 1]!) })
  }
  return entries
}

/** The object whose members travel under names of their own (`deepObject`, exploded `form` and `cookie`). */
export function spreadObject({ style, explode, shape }: Written): ObjectShape | undefined {
  const spreads = style === 'form' || style === 'cookie'
  const isSpread = style === 'deepObject' || (spreads && explode)
  return isSpread ? alternatives(shape).find((one) => one.kind === 'object') : undefined
}

/** Ways to read members whose texts are still encoded. */
export function spreadWays(shape: ObjectShape, decode: Decode): readonly Way<readonly Entry[]>[] {
  const linked = linkObject(shape)
  return preferences(shape).map((prefer) => (entries) => {
    const decoded = entries.map(({ path, text }) => ({ path, text: decode(text) }))
    return objectFrom(decoded, linked, prefer)
  })
}

/** More levels than any shape has are nobody's parameter. */
const levelsMax = 8

/** `filter[a][b]` to its name and path; undefined where the text has no brackets. */
export function bracketed(text: string): { name: string; path: string[] } | undefined {
  const open = text.indexOf('[')
  if (open < 1 || !text.endsWith(']')) return undefined
  const path = text.slice(open + 1, -1).split('][')
  return path.length > levelsMax ? undefined : { name: text.slice(0, open), path }
}
