// event-stream: replies that are Server-Sent Events (WHATWG HTML, section 9.2) live for as long as
// they are wanted: the times of an ordinary reply do not count, a comment goes out where nothing
// else does, and each ends between two events.
import { definePolicy, type Site, type Zod } from './policy.ts'

export interface EventStreamConfig {
  readonly heartbeatMs: number
  readonly lifetimeMs: number
}

export const eventStream = definePolicy<EventStreamConfig, EventStreamConfig>({
  id: 'event-stream',
  about: 'Server-Sent Events stay open, with heartbeats, and end between two events.',
  phase: 'several',
  schema,
  defaultFor: () => ({ heartbeatMs: 15_000, lifetimeMs: 3_600_000 }),
  compile: (config, { operation }: Site) =>
    operation.replyTypes.some((type) => /^text\/event-stream *(?:;|$)/i.test(type))
      ? config
      : undefined,
  link: (config) => ({ eventStream: config }),
})

function schema(zod: Zod) {
  const ms = (min: number) => zod.union([zod.literal(0), zod.int().min(min).max(86_400_000)])
  return zod.strictObject({
    heartbeatMs: ms(1_000).describe(
      'silence after which a comment is sent, so that hops on the way keep the connection; 0: none',
    ),
    lifetimeMs: ms(1_000).describe(
      'after so long a stream ends, and its client comes again with Last-Event-ID; 0: never',
    ),
  })
}
