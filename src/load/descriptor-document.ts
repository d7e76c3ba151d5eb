// The services of a descriptor set as an OpenAPI document: a method is a POST operation whose bodies
// are messages of gRPC.
import type { FileDescriptorProto, MethodDescriptorProto } from '@bufbuild/protobuf/wkt'
import { pointerToken } from '../base.ts'
import { commentsOf, type DescriptorPath } from './descriptor-places.ts'
import { fullName, inFile, inService } from './descriptor-problems.ts'
import { healthName, healthPaths } from './descriptor-health.ts'

/** Which part of which file a value of the document says again. */
interface Written {
  readonly file: FileDescriptorProto
  readonly path: DescriptorPath
}

export interface DescriptorDocument {
  readonly value: Readonly<Record<string, unknown>>
  /** By JSON Pointer. */
  readonly written: ReadonlyMap<string, Written>
}

export function documentOf(files: readonly FileDescriptorProto[]): DescriptorDocument {
  const paths: Record<string, unknown> = {}
  const written = new Map<string, Written>()
  const own = files.filter((file) => file.service.length > 0 && !isImport(file))
  const serving = own.length > 0 ? own : files.filter((file) => file.service.length > 0)
  const services = serving.flatMap((file) => {
    const commentOf = commentsOf(file)
    return file.service.map((service, at) => {
      const name = fullName(file.package, service.name)
      for (const [i, method] of service.method.entries()) {
        const path = [inFile.service, at, inService.method, i]
        const template = `/${name}/${method.name}`
        paths[template] = { post: operationOf(name, method, commentOf(path)) }
        written.set(`/paths/${pointerToken(template)}`, { file, path })
      }
      return name
    })
  })
  if (!services.includes(healthName)) Object.assign(paths, healthPaths)
  return { value: { openapi: '3.1.0', info: infoOf(serving), paths }, written }
}

/**
 * Buf marks files that are there for others alone, in an extension of its own: field 8042, and in
 * it `is_import`, field 1. What protoc writes does not tell.
 */
function isImport({ $unknown }: FileDescriptorProto): boolean {
  const marks = $unknown?.filter(({ no }) => no === bufExtension) ?? []
  // A length before it, then tag and value of `is_import: true`.
  return marks.some(({ data }) => data[1] === 0x08 && data[2] === 0x01)
}

const bufExtension = 8042

function infoOf(files: readonly FileDescriptorProto[]): Readonly<Record<string, string>> {
  const packages = [...new Set(files.map((file) => file.package || file.name))]
  return { title: packages.join(', ').slice(0, titleCharsMax), version: '' }
}

const titleCharsMax = 200

export const messageTypes = ['application/grpc', 'application/grpc+proto', 'application/grpc+json']

const content = Object.fromEntries(messageTypes.map((type) => [type, {}]))

function operationOf(service: string, method: MethodDescriptorProto, comment: string) {
  const { clientStreaming, serverStreaming, inputType, outputType, options } = method
  const [summary = ''] = comment.split('\n')
  return {
    operationId: `${service}.${method.name}`,
    ...(comment === '' ? {} : { summary, description: comment }),
    ...(options?.deprecated === true ? { deprecated: true } : {}),
    'x-grpc': {
      pattern: patternOf(clientStreaming, serverStreaming),
      request: inputType.slice(1),
      reply: outputType.slice(1),
    },
    // A stream may hold no message at all.
    requestBody: { required: !clientStreaming, content },
    responses: { '200': { description: 'Messages, and the status behind them.', content } },
  }
}

function patternOf(client: boolean, server: boolean): string {
  if (client) return server ? 'bidirectional-streaming' : 'client-streaming'
  return server ? 'server-streaming' : 'unary'
}
