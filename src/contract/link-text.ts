// Bodies of text: UTF-8 and nothing else. Where the schema says more than that it is a text, the
// body is held and checked; else its bytes are looked at as they stream by.
import type { Detail } from '../base.ts'
import { bytesOf, type Piece } from '../http.ts'
import { type Check, jsonIssues } from '../schema.ts'
import type { ContentWatch } from './content-watch.ts'
import { preferences, valueOf } from './convert.ts'
import { bodyDetails } from './judge.ts'
import type { BodyOptions } from './link-media.ts'
import type { MediaPlan } from './operation.ts'
import { text as anyText } from './shapes.ts'

const notUtf8: readonly Detail[] = [
  { in: 'body', field: '', issue: 'invalid_utf8', message: jsonIssues.invalid_utf8 },
]

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function linkText(
  { shape = anyText }: MediaPlan,
  check: Check,
  { limits }: BodyOptions,
): (bytes: Uint8Array) => readonly Detail[] | undefined {
  const ways = preferences(shape)
  return (bytes) => {
    let text: string
    try {
      text = utf8.decode(bytes)
    } catch {
      return notUtf8
    }
    const values = ways.map((prefer) => valueOf(text, shape, prefer))
    if (values.some((value) => check.valid(value))) return undefined
    return bodyDetails(check, values[0], limits.detailsMax)
  }
}

export function watchText(): ContentWatch {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const look = (bytes: Uint8Array | undefined, stream: boolean) => {
    try {
      decoder.decode(bytes, { stream })
      return undefined
    } catch {
      return notUtf8
    }
  }
  return {
    piece: (piece: Piece) => look(bytesOf(piece), true),
    end: () => look(undefined, false),
    heldBytes: 0,
  }
}
