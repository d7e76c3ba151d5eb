// Replies: which statuses an operation declares, and what a reply of each may carry. Only statuses
// and media types are read with the operation; the rest waits until somebody asks, for the schemas
// of replies are most of a large contract.
import { readMedia } from './bodies.ts'
import { checkFields } from './fields.ts'
import { mediaRange } from './media.ts'
import type { Operation, ParameterPlan, ReplyPlan } from './operation.ts'
import { readHeader } from './parameters.ts'
import { children, follow, objectOf, type Reading, report, type Spot } from './spot.ts'

const statusPattern = /^(?:[1-5](?:\d\d|XX)|default)$/

/** What every operation of a contract may share: most replies of errors are components. */
export type ReplyReader = (
  operation: Spot,
) => Pick<Operation, 'statuses' | 'replyTypes' | 'replies'>

/** `inReplies` reads schemas for the way back. */
export function replyReader(reading: Reading, inReplies: Reading): ReplyReader {
  const known = new Map<unknown, Omit<ReplyPlan, 'status'> | undefined>()
  const replyAt = (written: Spot) => {
    const spot = follow(inReplies, written)
    if (spot === undefined) return undefined
    if (!known.has(spot.value)) known.set(spot.value, readReply(inReplies, spot))
    return known.get(spot.value)
  }
  return (operation) => {
    const declared = declaredReplies(reading, operation)
    let plans: readonly ReplyPlan[] | undefined
    const readPlans = () =>
      declared.flatMap(([status, spot]) => {
        const plan = replyAt(spot)
        return plan === undefined ? [] : [{ status, ...plan }]
      })
    return {
      statuses: declared.map(([status]) => status),
      replyTypes: typesOf(reading, declared),
      replies: () => (plans ??= readPlans()),
    }
  }
}

type Declared = readonly (readonly [string, Spot])[]

function declaredReplies(reading: Reading, operation: Spot): Declared {
  const responses = objectOf(reading, operation, 'responses')
  const written = responses ? children(responses).filter(([key]) => !key.startsWith('x-')) : []
  for (const [status, spot] of written) {
    if (statusPattern.test(status)) continue
    report(reading, spot, `\`${status}\` is no status: write 200, 2XX or default`)
  }
  return written
}

function typesOf(reading: Reading, declared: Declared): string[] {
  const successes = declared.filter(([status]) => status.startsWith('2'))
  const counting = successes.length > 0 ? successes : declared.filter(([key]) => key === 'default')
  return [...new Set(counting.flatMap(([, spot]) => typesOfReply(reading, spot)))]
}

function typesOfReply(reading: Reading, written: Spot): string[] {
  const spot = follow(reading, written)
  if (spot === undefined || !checkFields(reading, spot, 'Response')) return []
  const content = objectOf(reading, spot, 'content')
  const types = content
    ? children(content).map(([type, at]) => [mediaRange(type), at] as const)
    : []
  for (const [type, at] of types) if (!type) report(reading, at, 'this is no media type')
  return types.map(([type]) => type).filter((type) => type !== undefined)
}

function readReply(reading: Reading, spot: Spot): Omit<ReplyPlan, 'status'> | undefined {
  if (!checkFields(reading, spot, 'Response')) return undefined
  const content = objectOf(reading, spot, 'content')
  return {
    media: content === undefined ? [] : readMedia(reading, content),
    headers: readHeaders(reading, objectOf(reading, spot, 'headers')),
  }
}

/** OpenAPI ignores `Content-Type` there: the media types say it. */
function readHeaders(reading: Reading, headers: Spot | undefined): ParameterPlan[] {
  const written = headers === undefined ? [] : children(headers)
  return written
    .filter(([name]) => name.toLowerCase() !== 'content-type')
    .map(([name, spot]) => readHeader(reading, name, spot))
    .filter((plan) => plan !== undefined)
}
