// The cells of the specification's table of styles: how a value is taken out of what was sent.
// What is split is still encoded, so that an escaped delimiter stays part of an item.
import type { Style } from './operation.ts'

/** What was sent under one name: the value, or every value where the name came several times. */
export type Raw = string | readonly string[]

/** Undefined: it is not written in this style. */
export type Split = (raw: Raw) => readonly string[] | undefined

const single =
  (split: (text: string) => readonly string[] | undefined): Split =>
  (raw) =>
    typeof raw === 'string' ? split(raw) : undefined

/** `;name=text` without its prefix; `;name` alone is the empty text. */
function matrixText(text: string, name: string): string | undefined {
  if (text === `;${name}`) return ''
  return text.startsWith(`;${name}=`) ? text.slice(name.length + 2) : undefined
}

/** The one text of a scalar. */
export function scalarSplit(style: Style, name: string): (raw: Raw) => string | undefined {
  const unprefixed = (text: string) => {
    if (style === 'matrix') return matrixText(text, name)
    if (style === 'label') return text.startsWith('.') ? text.slice(1) : undefined
    return text
  }
  return (raw) => (typeof raw === 'string' ? unprefixed(raw) : undefined)
}

const all: Split = (raw) => (typeof raw === 'string' ? [raw] : raw)

/** Splits at raw commas; where there is none, at escaped ones, for many clients escape them all. */
const commas = (text: string) => text.split(',')
const escapedCommas = (text: string) => (text.includes(',') ? undefined : text.split(/%2C/i))

/** Ways to split a list, the specification's own first. */
export function listSplits(style: Style, explode: boolean, name: string): readonly Split[] {
  switch (style) {
    case 'simple':
      return [single(commas)]
    case 'label':
      return labelSplits(explode)
    case 'matrix':
      return [
        single((text) => (explode ? matrixItems(text, name) : matrixText(text, name)?.split(','))),
      ]
    case 'form':
      return explode ? [all] : [single(commas), single(escapedCommas)]
    // Such a list is always spread, for a cookie holds no comma.
    case 'cookie':
      return [all]
    case 'spaceDelimited':
      return [explode ? all : single((text) => text.split(/%20|\+/))]
    case 'pipeDelimited':
      return [explode ? all : single((text) => text.split(/\||%7C/i))]
    case 'deepObject':
      return []
  }
}

const dotted = (delimiter: string): Split =>
  single((text) => (text.startsWith('.') ? text.slice(1).split(delimiter) : undefined))

/** OpenAPI's older tables join with dots what RFC 6570, and its newer ones, join with commas. */
const labelSplits = (explode: boolean): readonly Split[] =>
  explode ? [dotted('.')] : [dotted(','), dotted('.')]

function matrixItems(text: string, name: string): string[] | undefined {
  if (!text.startsWith(';')) return undefined
  const items = text
    .slice(1)
    .split(';')
    .map((item) => matrixText(`;${item}`, name))
  return items.every((item) => item !== undefined) ? items : undefined
}

/** Ways to split an object into names and texts in turn. */
export function objectSplits(style: Style, explode: boolean, name: string): readonly Split[] {
  if (style === 'deepObject' || (explode && (style === 'form' || style === 'cookie'))) return []
  if (!explode || style.endsWith('Delimited')) return listSplits(style, false, name).map(evenly)
  if (style === 'matrix') {
    return [
      single((text) => (text.startsWith(';') ? assignments(text.slice(1).split(';')) : undefined)),
    ]
  }
  return listSplits(style, true, name).map((split) => (raw) => assignments(split(raw)))
}

const evenly =
  (split: Split): Split =>
  (raw) => {
    const texts = split(raw)
    return texts && texts.length % 2 === 0 ? texts : undefined
  }

/** `['R=1', 'G=2']` to `['R', '1', 'G', '2']`. */
function assignments(texts: readonly string[] | undefined): string[] | undefined {
  const pairs: string[] = []
  for (const text of texts ?? []) {
    const equals = text.indexOf('=')
    if (equals < 0) return undefined
    pairs.push(text.slice(0, equals), text.slice(equals + 1))
  }
  return texts && pairs
}
