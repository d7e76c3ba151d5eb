// Who listens to a channel, and what they are told: every message in the order in which it was
// stored, whichever way it came in. SSE, WebSocket and gRPC are three makers of a reader.
import type { Caller } from './service.ts'
import type { Message } from './store.ts'

/** A message and the cursor behind it: whoever comes back with it misses nothing. */
export interface Delivery {
  readonly message: Message
  readonly cursor: string
}

export type EndReason = 'closing' | 'not_a_member'

export interface Reader {
  readonly caller: Caller
  /** Comes first and once; `cursor` is where reading begins. */
  begin(cursor: string): void
  message(delivery: Delivery): void
  /** More was missed since a cursor than is told again: the list has it. Reading goes on here. */
  gap(since: string, cursor: string): void
  end(reason: EndReason): void
}

export type Feed = ReturnType<typeof createFeed>

export function createFeed() {
  const readersOf = new Map<string, Set<Reader>>()

  const remove = (channelId: string, reader: Reader) => {
    const readers = readersOf.get(channelId)
    readers?.delete(reader)
    if (readers?.size === 0) readersOf.delete(channelId)
  }

  /** Ends those readers of a channel who may no longer listen. */
  const dismiss = (channelId: string, reason: EndReason, stays: (caller: Caller) => boolean) => {
    for (const reader of readersOf.get(channelId) ?? []) {
      if (stays(reader.caller)) continue
      remove(channelId, reader)
      reader.end(reason)
    }
  }

  return {
    /** Gives the way to leave again. */
    add(channelId: string, reader: Reader): () => void {
      const readers = readersOf.get(channelId) ?? new Set()
      readersOf.set(channelId, readers.add(reader))
      return () => remove(channelId, reader)
    },

    publish(delivery: Delivery): void {
      for (const reader of readersOf.get(delivery.message.channelId) ?? []) {
        reader.message(delivery)
      }
    },

    dismiss,

    readerCount: (): number =>
      [...readersOf.values()].reduce((count, readers) => count + readers.size, 0),

    close(): void {
      for (const channelId of readersOf.keys()) dismiss(channelId, 'closing', () => false)
    },
  }
}
