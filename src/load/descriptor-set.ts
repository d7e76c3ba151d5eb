// Reads a protobuf descriptor set (what `protoc -o` and `buf build -o` write) as a contract: its
// services become the OpenAPI document that says the same, so that overlays, levels and defaults
// hold for a method as for any operation. Whatever is wrong in it is said with its `.proto` line,
// where the set knows that.
import { fromBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { type Place, type Problem } from '../base.ts'
import { documentOf } from './descriptor-document.ts'
import { placesOf } from './descriptor-places.ts'
import { descriptorProblems } from './descriptor-problems.ts'
import type { Located } from './text.ts'

export function parseDescriptorSet(bytes: Uint8Array, path: string): Located {
  const whole: Place = { file: path, line: 0, column: 0 }
  const files = readSet(bytes)
  if (typeof files === 'string')
    return refused([{ severity: 'error', message: files, place: whole }])
  const problems = descriptorProblems(files, whole)
  if (problems.length > 0) return refused(problems)
  const { value, written } = documentOf(files)
  const places = new Map(files.map((file) => [file, placesOf(file)]))
  const locate = (pointer: string): Place => {
    for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const found = written.get(at)
      if (found !== undefined) return places.get(found.file)?.(found.path) ?? whole
    }
    return whole
  }
  return { value, problems: [], locate }

  function refused(all: readonly Problem[]): Located {
    return { value: undefined, problems: all, locate: () => whole }
  }
}

const cutOff = 'this is no protobuf descriptor set, or was cut off'

function readSet(bytes: Uint8Array): readonly FileDescriptorProto[] | string {
  try {
    const { file, $unknown } = fromBinary(FileDescriptorSetSchema, bytes)
    // Other bytes may read as a set by chance, of fields that no set has.
    if (file.length === 0 || $unknown !== undefined) return cutOff
    return file
  } catch (error) {
    return `${cutOff}: ${(error as Error).message}`
  }
}
