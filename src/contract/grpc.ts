// Operations of gRPC: those whose request bodies are its messages. `x-grpc` says of one how many
// messages go each way; what comes from a descriptor set always has it.
import { type GrpcPattern, grpcPatterns, isGrpcType } from '../http.ts'
import type { BodyPlan, GrpcPlan } from './operation.ts'
import { child, isObject, objectOf, type Reading, report, type Spot } from './spot.ts'

const answerers = ['gateway']

export function readGrpc(
  reading: Reading,
  operation: Spot,
  method: string,
  body: BodyPlan | undefined,
): GrpcPlan | undefined {
  const written = objectOf(reading, operation, 'x-grpc')
  const takesMessages = body?.media.some(({ range }) => isGrpcType(range)) === true
  if (!takesMessages || method !== 'POST') {
    const why = 'gRPC is a POST with a body of `application/grpc`'
    if (written !== undefined) report(reading, written, `\`x-grpc\` has no effect here: ${why}`)
    return undefined
  }
  if (written === undefined || !isObject(written.value)) return { pattern: 'unary' }
  const pattern = wordOf(reading, written, 'pattern', grpcPatterns) as GrpcPattern | undefined
  const answeredBy = wordOf(reading, written, 'answeredBy', answerers) as 'gateway' | undefined
  return { pattern: pattern ?? 'unary', ...(answeredBy === undefined ? {} : { answeredBy }) }
}

function wordOf(
  reading: Reading,
  spot: Spot,
  key: string,
  words: readonly string[],
): string | undefined {
  const written = child(spot, key)
  const found = words.find((word) => word === written?.value)
  if (written === undefined || found !== undefined) return found
  report(reading, written, `\`${key}\` must be ${words.join(', ')}`)
  return undefined
}
