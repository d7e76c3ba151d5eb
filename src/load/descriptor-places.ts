// Where in its `.proto` file each part of a descriptor was written, where the set tells: buf writes
// that by itself, protoc with `--include_source_info`.
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { Place } from '../base.ts'

/** Numbers of fields and indexes, alternating, from the file down (`descriptor.proto`). */
export type DescriptorPath = readonly number[]

/** The place of the part at a path, or of the nearest one around it. */
export function placesOf({ name, sourceCodeInfo }: FileDescriptorProto) {
  const starts = new Map<string, Place>()
  for (const { path, span } of sourceCodeInfo?.location ?? []) {
    const [line = 0, column = 0] = span
    const key = path.join('.')
    if (!starts.has(key)) starts.set(key, { file: name, line: line + 1, column: column + 1 })
  }
  return (path: DescriptorPath): Place | undefined => {
    for (let length = path.length; length > 0; length--) {
      const found = starts.get(path.slice(0, length).join('.'))
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** What stands above the part at a path, without the markers of a comment; empty: nothing. */
export function commentsOf({ sourceCodeInfo }: FileDescriptorProto) {
  const comments = new Map<string, string>()
  for (const { path, leadingComments } of sourceCodeInfo?.location ?? []) {
    const text = leadingComments.trim()
    if (text !== '') comments.set(path.join('.'), text.replaceAll(/\n[ \t]/g, '\n'))
  }
  return (path: DescriptorPath): string => comments.get(path.join('.')) ?? ''
}
