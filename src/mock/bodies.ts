// Bodies on both ways: what a request holds as data, and a value as the bytes of a media type.
import { isJson } from '../contract.ts'
import type { MediaModel } from './read-replies.ts'
import { isObject } from './spots.ts'

/** The data of a request body; undefined where it is of a kind that a mock does not read. */
export function readBody(type: string | undefined, text: string): unknown {
  const essence = type?.split(';')[0]!.trim().toLowerCase() ?? ''
  if (essence === 'application/x-www-form-urlencoded') {
    return Object.fromEntries(new URLSearchParams(text))
  }
  if (!isJson(essence)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The value as text of that media type; undefined where that takes more than a value. */
export function written(type: string, value: unknown): string | undefined {
  // JSON first of all: a text may be a value of it, with quotes.
  if (isJson(type) || type === '*/*' || type === 'application/*') return JSON.stringify(value)
  if (typeof value === 'string') return value
  if (type === 'application/x-www-form-urlencoded') return formText(value)
  if (type.startsWith('text/')) return JSON.stringify(value)
  return undefined
}

function formText(value: unknown): string | undefined {
  if (!isObject(value)) return undefined
  const pairs = Object.entries(value).map(([name, one]): [string, string] => [
    name,
    typeof one === 'string' ? one : JSON.stringify(one),
  ])
  return new URLSearchParams(pairs).toString()
}

/** Items as a stream that has come to its end, in the framing of the media type. */
export function writtenItems(type: string, items: readonly unknown[]): string {
  if (type === 'text/event-stream') return items.map(eventText).join('')
  const mark = type === 'application/json-seq' ? '\u001E' : ''
  return items.map((item) => `${mark}${JSON.stringify(item)}\n`).join('')
}

function eventText(item: unknown): string {
  const fields = isObject(item) ? item : { data: item }
  const lines = Object.entries(fields).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return text.split('\n').map((line) => `${name}: ${line}\n`)
  })
  return `${lines.join('')}\n`
}

/** Type of what is sent: of a range nobody can send, JSON stands for it. */
export const sentType = ({ type }: MediaModel): string => {
  if (type === '*/*' || type === 'application/*') return 'application/json'
  if (type === 'text/*') return 'text/plain; charset=utf-8'
  return type.startsWith('text/') && type !== 'text/event-stream' ? `${type}; charset=utf-8` : type
}

/** The first that the client accepts, in its order; JSON where it accepts everything. */
export function acceptedMedia(
  media: readonly MediaModel[],
  accept: string | undefined,
): MediaModel | undefined {
  for (const range of (accept ?? '*/*').split(',')) {
    const wanted = range.split(';')[0]!.trim().toLowerCase()
    const found = media.find(({ type }) => meets(wanted, type) || meets(type, wanted))
    if (found !== undefined) return found
  }
  return media[0]
}

const meets = (range: string, type: string): boolean =>
  range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
