// The frame of a snapshot: a mark, the format, the revision, and where each section lies. Numbers
// are as the machine has them, for a snapshot does not leave it; a machine of the other kind finds
// no mark.
//
//   mark │ format │ revision, 64 bytes │ start and end of each section │ sections, each aligned
import { assert } from '../base.ts'
import { damaged, type Pieces } from './lists.ts'

export const sectionNames = [
  'head',
  'table',
  'routes',
  'operations',
  'names',
  'parts',
  'nodes',
  'blobs',
  'code',
] as const
type SectionName = (typeof sectionNames)[number]
export type Sections = Readonly<Record<SectionName, Uint8Array>>

const mark = 0x63_6e_63_64
const format = 3
const alignment = 8
const revisionAt = 8
const revisionBytes = 64
const sectionsAt = revisionAt + revisionBytes
const frameBytes = sectionsAt + sectionNames.length * 8

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment

/** Puts sections into one piece of shared memory: threads hand it to each other without a copy. */
export function framed(
  sections: Readonly<Record<SectionName, Pieces>>,
  revision: string,
): Uint8Array {
  const whole = sectionNames.reduce(
    (at, name) => at + aligned(lengthOf(sections[name])),
    frameBytes,
  )
  const bytes = new Uint8Array(new SharedArrayBuffer(aligned(whole)))
  const words = new Uint32Array(bytes.buffer)
  words[0] = mark
  words[1] = format
  let at = aligned(frameBytes)
  for (const [index, name] of sectionNames.entries()) {
    words[sectionsAt / 4 + 2 * index] = at
    for (const piece of sections[name]) {
      bytes.set(piece, at)
      at += piece.length
    }
    words[sectionsAt / 4 + 2 * index + 1] = at
    at = aligned(at)
  }
  seal(bytes, revision)
  return bytes
}

const lengthOf = (pieces: Pieces): number =>
  pieces.reduce((bytes, piece) => bytes + piece.length, 0)

/** The same bytes where threads can hand them to each other; those that lie there are not copied. */
export function inSharedMemory(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

/** Writes the revision, which can only be known when all the rest is there. */
export function seal(bytes: Uint8Array, revision: string): void {
  assert(/^[!-~]{0,64}$/.test(revision), 'a revision is a short word')
  new TextEncoder().encodeInto(revision.padEnd(revisionBytes, '\0'), bytes.subarray(revisionAt))
}

/** Where the sections lie in the bytes. Throws where they are no snapshot of this format. */
export function unframed(given: Uint8Array): { sections: Sections; revision: string } {
  const bytes = given.byteOffset % alignment === 0 ? given : given.slice()
  if (bytes.length < frameBytes) throw new Error('these bytes are no snapshot')
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, frameBytes / 4)
  if (words[0] !== mark) throw new Error('these bytes are no snapshot')
  if (words[1] !== format) throw new Error(`a snapshot of format ${words[1]}, not ${format}`)
  const section = (index: number): Uint8Array => {
    const from = words[sectionsAt / 4 + 2 * index]!
    const to = words[sectionsAt / 4 + 2 * index + 1]!
    const isSound = from >= frameBytes && from % alignment === 0 && from <= to && to <= bytes.length
    if (!isSound) throw damaged(`it has no section '${sectionNames[index]}'`)
    return bytes.subarray(from, to)
  }
  const sections = sectionNames.map((name, index) => [name, section(index)])
  const revision = String.fromCharCode(...bytes.subarray(revisionAt, sectionsAt))
  return {
    sections: Object.fromEntries(sections) as Sections,
    revision: revision.replace(/\0+$/, ''),
  }
}
