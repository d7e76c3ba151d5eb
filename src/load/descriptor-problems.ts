// What keeps a descriptor set from being a contract: files that it imports and does not hold,
// names that are none, services and methods that are there twice, types that nobody declares.
import {
  type DescriptorProto,
  Edition,
  type FileDescriptorProto,
  type ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { Place, Problem } from '../base.ts'
import { type DescriptorPath, placesOf } from './descriptor-places.ts'

/** Numbers of fields in `descriptor.proto`. */
export const inFile = { dependency: 3, service: 6, syntax: 12, edition: 14 } as const
export const inService = { method: 2 } as const

/** All services of a set together. */
const methodsMax = 100_000

interface Judging {
  readonly files: readonly FileDescriptorProto[]
  readonly names: ReadonlySet<string>
  readonly types: ReadonlySet<string>
  readonly report: (message: string, file?: FileDescriptorProto, path?: DescriptorPath) => void
}

/** `whole` stands for what has no place of its own. */
export function descriptorProblems(
  files: readonly FileDescriptorProto[],
  whole: Place,
): readonly Problem[] {
  const problems: Problem[] = []
  const report: Judging['report'] = (message, file, path = []) => {
    const place = (file && placesOf(file)(path)) ?? whole
    problems.push({ severity: 'error', message, place })
  }
  const types = new Set(files.flatMap((file) => typesOf(file.package, file.messageType)))
  const judging = { files, names: new Set(files.map(({ name }) => name)), types, report }
  for (const file of files) judgeFile(file, judging)
  // What is missing explains the rest, which would say it again a hundred times.
  if (problems.length === 0) judgeServices(judging)
  return problems
}

const editions: ReadonlySet<Edition> = new Set([Edition.EDITION_2023, Edition.EDITION_2024])

function judgeFile(file: FileDescriptorProto, { names, report }: Judging): void {
  const { name, syntax, edition } = file
  if (syntax === 'editions' && !editions.has(edition)) {
    const path = [inFile.edition]
    report(`${name} has an edition that is not read: 2023 and 2024 are`, file, path)
  } else if (!['', 'proto2', 'proto3', 'editions'].includes(syntax)) {
    report(`${name} has a syntax that is not read: ${JSON.stringify(syntax)}`, file, [
      inFile.syntax,
    ])
  }
  for (const [i, dependency] of file.dependency.entries()) {
    if (names.has(dependency)) continue
    const message = `${name} imports ${dependency}, which the set does not hold: write it with --include_imports`
    report(message, file, [inFile.dependency, i])
  }
}

function judgeServices({ files, types, report }: Judging): void {
  const services = new Set<string>()
  let methods = 0
  for (const file of files) {
    for (const [i, service] of file.service.entries()) {
      const path = [inFile.service, i]
      const name = fullName(file.package, service.name)
      if (!isName(name)) report(`${JSON.stringify(name)} is no name of a service`, file, path)
      else if (services.has(name)) report(`the service ${name} is there twice`, file, path)
      services.add(name)
      methods += service.method.length
      judgeMethods(service, types, (message, at) => {
        report(message, file, [...path, inService.method, at])
      })
    }
  }
  if (methods > methodsMax) report(`there are more than ${methodsMax} methods`)
  else if (methods === 0)
    report('the set holds no service with a method: there is nothing to serve')
}

function judgeMethods(
  service: ServiceDescriptorProto,
  types: ReadonlySet<string>,
  report: (message: string, at: number) => void,
): void {
  const seen = new Set<string>()
  for (const [at, { name, inputType, outputType }] of service.method.entries()) {
    if (!/^[A-Za-z_]\w*$/.test(name)) report(`${JSON.stringify(name)} is no name of a method`, at)
    else if (seen.has(name)) report(`the method ${name} is there twice`, at)
    seen.add(name)
    for (const type of new Set([inputType, outputType])) {
      if (!types.has(type))
        report(`${name} names the type ${JSON.stringify(type)}, which nobody declares`, at)
    }
  }
}

export const fullName = (scope: string, name: string): string =>
  scope === '' ? name : `${scope}.${name}`

const isName = (name: string): boolean => /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(name)

/** With the dot in front with which descriptors name types in full. */
function typesOf(scope: string, messages: readonly DescriptorProto[]): string[] {
  return messages.flatMap(({ name, nestedType }) => {
    const full = fullName(scope, name)
    return [`.${full}`, ...typesOf(full, nestedType)]
  })
}
