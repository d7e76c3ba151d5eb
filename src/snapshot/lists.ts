// A list as bytes of which each member can be read alone: its length, the place of each member,
// and the members as JSON, a comma behind each. Blobs likewise, each aligned.
//
//   count │ place of member 0 … count − 1, end │ member,member,member,
import type { Listed } from '../base.ts'

const wordBytes = 4

/** Bytes that will lie one behind the other. */
export type Pieces = readonly Uint8Array[]

export function encodeList(members: Listed<unknown>): Pieces {
  return encodeTexts({
    length: members.length,
    at: (index) => JSON.stringify(members.at(index)),
  })
}

/** The same of members that are JSON already. */
export function encodeTexts(members: Listed<string>): Pieces {
  const { length } = members
  const places = new Uint32Array(length + 2)
  places[0] = length
  let text = new Uint8Array(64 * (length + 1))
  let end = 0
  for (let index = 0; index < length; index++) {
    places[index + 1] = end
    const member = `${members.at(index)},`
    // UTF-8 takes at most three bytes for each of a string's units.
    if (end + 3 * member.length > text.length) text = grown(text, 3 * member.length)
    end += encoder.encodeInto(member, text.subarray(end)).written
  }
  places[length + 1] = end
  return [new Uint8Array(places.buffer), text.subarray(0, end)]
}

const encoder = new TextEncoder()

function grown(bytes: Uint8Array<ArrayBuffer>, by: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length + by)
  larger.set(bytes)
  return larger
}

/** Reads a member each time that it is asked for. Throws where the bytes are no list. */
export function openList<T>(bytes: Uint8Array): Listed<T> {
  const length = new Uint32Array(bytes.buffer, bytes.byteOffset, 1)[0]!
  const textAt = (length + 2) * wordBytes
  if (textAt > bytes.length) throw damaged('a list is longer than its bytes')
  const places = new Uint32Array(bytes.buffer, bytes.byteOffset + wordBytes, length + 1)
  if (textAt + places[length]! !== bytes.length) throw damaged('a list ends elsewhere than it says')
  return {
    length,
    at(index) {
      if (!(index >= 0 && index < length)) return undefined
      const from = textAt + places[index]!
      const to = textAt + places[index + 1]! - ','.length
      return parsed(bytes, from, to) as T
    },
  }
}

export function encodeBlobs(blobs: readonly Uint8Array[]): Pieces {
  const placesBytes = blobAligned((blobs.length + 1) * wordBytes)
  const places = new Uint32Array(placesBytes / wordBytes)
  places[0] = blobs.length
  const parts: Uint8Array[] = [new Uint8Array(places.buffer)]
  let at = placesBytes
  for (const [index, blob] of blobs.entries()) {
    const padding = new Uint8Array(blobAligned(blob.length) - blob.length)
    parts.push(blob, padding)
    places[index + 1] = at + blob.length
    at += blob.length + padding.length
  }
  return parts
}

/** Gives what lies there, not a copy. */
export function openBlobs(bytes: Uint8Array): Listed<Uint8Array> {
  const length = new Uint32Array(bytes.buffer, bytes.byteOffset, 1)[0]!
  const placesBytes = blobAligned((length + 1) * wordBytes)
  if (placesBytes > bytes.length) throw damaged('there are more blobs than bytes')
  const ends = new Uint32Array(bytes.buffer, bytes.byteOffset + wordBytes, length)
  return {
    length,
    at(index) {
      if (!(index >= 0 && index < length)) return undefined
      const from = index === 0 ? placesBytes : blobAligned(ends[index - 1]!)
      if (ends[index]! > bytes.length) throw damaged('a blob ends behind the end')
      return bytes.subarray(from, ends[index])
    },
  }
}

const blobAligned = (bytes: number): number => Math.ceil(bytes / 8) * 8

export const damaged = (how: string): Error => new Error(`the snapshot is damaged: ${how}`)

const decoder = new TextDecoder('utf-8', { fatal: true })

/** The value that some of the bytes write as JSON. */
export function parsed(bytes: Uint8Array, from: number, to: number): unknown {
  try {
    // A copy: not every runtime decodes text out of shared memory.
    return JSON.parse(decoder.decode(bytes.slice(from, to)))
  } catch (error) {
    throw damaged(`what should be JSON is not (${String(error)})`)
  }
}
