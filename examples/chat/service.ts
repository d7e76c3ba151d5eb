// The rules of the chat, one function an operation of the contract: who may do what, and what
// comes of it. Knows nothing of HTTP beyond statuses and nothing of SQL.
import { createFeed, type Reader } from './feed.ts'
import {
  channelRules,
  invalid,
  messageRules,
  readCursorPage,
  readObject,
  readOffsetPage,
  readStreamCursor,
  translationRules,
  writeCursor,
} from './input.ts'
import { type Detail, isRefusal, refuse, type Refusal, type Reply } from './reply.ts'
import type { Channel, ChannelContent, Message, NewMessage, Page, Store } from './store.ts'
import { translate } from './translate.ts'

export type Caller =
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'service'; readonly name: string }

/** One call of an operation: who calls it, and with what. */
export interface Call {
  readonly caller: Caller
  /** The id in the path; empty where the path has none. */
  readonly id: string
  readonly query: URLSearchParams
  readonly body: unknown
}

export type Operation = (call: Call) => Reply | Refusal

/** The world as the service needs it: handed in, so that a test can own it. */
export interface World {
  readonly epochMs: () => number
  /** A fresh id behind a prefix: `msg_…`. */
  readonly newId: (prefix: string) => string
}

/** A wish to hear what is new in a channel; how the cursor was sent says what is wrong with it. */
export interface Listening {
  readonly channelId: string
  readonly cursor: string | undefined
  readonly cursorIn: readonly [place: Detail['in'], field: string]
}

export interface Service extends Readonly<Record<OperationId, Operation>> {
  /** Tells the reader what it missed since its cursor, then all that is new; gives the way to leave. */
  listen(listening: Listening, reader: Reader): (() => void) | Refusal
  readerCount(): number
  /** Ends all readers. */
  close(): void
}

/** More is read from the list. So many of the longest messages fit in what a reader may lag. */
const missedMax = 50

export type OperationId =
  | 'listChannels'
  | 'createChannel'
  | 'getChannel'
  | 'replaceChannel'
  | 'updateChannel'
  | 'listMessages'
  | 'sendMessage'
  | 'deleteMessage'
  | 'translateMessage'
  | 'listUserChannels'
  | 'listUserMessages'

export function createService(store: Store, world: World): Service {
  const feed = createFeed()
  const now = () => `${new Date(world.epochMs()).toISOString().slice(0, 19)}Z`

  return {
    listChannels({ caller, query }) {
      if (caller.kind !== 'service') return refuse('FORBIDDEN', 'Only services may do this.')
      const page = readOffsetPage(query)
      if (isRefusal(page)) return page
      const { items, total } = store.channels(page.offset, page.limit)
      return ok({ data: items, meta: { ...page, total } })
    },

    createChannel({ caller, body }) {
      if (caller.kind !== 'user') return refuse('FORBIDDEN', 'Only users may do this.')
      const { name, topic, memberIds } = channelRules
      const given = readObject(body, { name }, { topic, memberIds })
      if (isRefusal(given)) return given
      const members = new Set([caller.userId, ...(given.memberIds ?? [])])
      const content = { name: given.name, topic: given.topic ?? null, memberIds: [...members] }
      const refusal = contentRefusal(content, given.memberIds ?? [])
      if (refusal) return refusal
      const createdAt = now()
      const channelId = world.newId('ch')
      const channel = { channelId, ...content, createdAt, updatedAt: createdAt }
      store.addChannel(channel)
      return created(`/v1/channels/${channelId}`, channel)
    },

    getChannel({ caller, id }) {
      const channel = channelFor(caller, id)
      return isRefusal(channel) ? channel : ok(channel)
    },

    replaceChannel({ caller, id, body }) {
      const channel = channelFor(caller, id)
      if (isRefusal(channel)) return channel
      const given = readObject(body, channelRules, {})
      return isRefusal(given) ? given : changed(channel, given)
    },

    updateChannel({ caller, id, body }) {
      const channel = channelFor(caller, id)
      if (isRefusal(channel)) return channel
      const given = readObject(body, {}, channelRules)
      return isRefusal(given) ? given : changed(channel, given)
    },

    listMessages({ caller, id, query }) {
      const channel = channelFor(caller, id)
      if (isRefusal(channel)) return channel
      return cursorPage(query, (afterSeq, limit) => store.messagesOfChannel(id, afterSeq, limit))
    },

    sendMessage({ caller, id, body }) {
      if (caller.kind !== 'user') return refuse('FORBIDDEN', 'Only users may do this.')
      const channel = channelFor(caller, id)
      if (isRefusal(channel)) return channel
      const given = readObject(body, messageRules, {})
      if (isRefusal(given)) return given
      const message = addMessage(id, caller.userId, given)
      return created(`/v1/messages/${message.messageId}`, message)
    },

    deleteMessage({ caller, id }) {
      const message = messageFor(caller, id)
      if (isRefusal(message)) return message
      if (caller.kind === 'user' && caller.userId !== message.senderId) {
        return refuse('FORBIDDEN', 'Only who sent the message may delete it.')
      }
      store.dropMessage(id)
      return { status: 204 }
    },

    translateMessage({ caller, id, body }) {
      const message = messageFor(caller, id)
      if (isRefusal(message)) return message
      const given = readObject(body, translationRules, {})
      if (isRefusal(given)) return given
      const { targetLanguage } = given
      return ok({ messageId: id, targetLanguage, ...translate(message.content, targetLanguage) })
    },

    listUserChannels({ caller, id, query }) {
      const refusal = userRefusal(caller, id)
      if (refusal) return refusal
      return cursorPage(query, (afterSeq, limit) => store.channelsOfUser(id, afterSeq, limit))
    },

    listUserMessages({ caller, id, query }) {
      const refusal = userRefusal(caller, id)
      if (refusal) return refusal
      return cursorPage(query, (afterSeq, limit) => store.messagesOfUser(id, afterSeq, limit))
    },

    listen({ channelId, cursor, cursorIn }, reader) {
      const channel = channelFor(reader.caller, channelId)
      if (isRefusal(channel)) return channel
      const place = readStreamCursor(...cursorIn, cursor)
      if (isRefusal(place)) return place
      // All in one turn: nothing can be said between what was missed and what is new.
      tellMissed(channelId, place.afterSeq, reader)
      return feed.add(channelId, reader)
    },
    readerCount: feed.readerCount,
    close: feed.close,
  }

  function addMessage(channelId: string, senderId: string, given: NewMessage): Message {
    const messageId = world.newId('msg')
    const { content, type } = given
    const message = { messageId, channelId, senderId, content, type, createdAt: now() }
    const seq = store.addMessage(message)
    feed.publish({ message, cursor: writeCursor(seq) })
    return message
  }

  function tellMissed(channelId: string, afterSeq: number | undefined, reader: Reader): void {
    const newest = writeCursor(store.lastSeqOfChannel(channelId))
    if (afterSeq === undefined) return reader.begin(newest)
    const since = writeCursor(afterSeq)
    reader.begin(since)
    const { items, hasMore } = store.entriesOfChannel(channelId, afterSeq, missedMax)
    if (hasMore) return reader.gap(since, newest)
    for (const { seq, message } of items) reader.message({ message, cursor: writeCursor(seq) })
  }

  /** The channel, for its members and for services. */
  function channelFor(caller: Caller, channelId: string): Channel | Refusal {
    const channel = store.channel(channelId)
    if (channel === undefined) return refuse('NOT_FOUND', 'There is no such channel.')
    if (caller.kind === 'service' || channel.memberIds.includes(caller.userId)) return channel
    return refuse('FORBIDDEN', 'Only members of the channel may do this.')
  }

  /** The message, for members of its channel and for services. */
  function messageFor(caller: Caller, messageId: string): Message | Refusal {
    const message = store.message(messageId)
    if (message === undefined) return refuse('NOT_FOUND', 'There is no such message.')
    const channel = channelFor(caller, message.channelId)
    return isRefusal(channel) ? channel : message
  }

  function userRefusal(caller: Caller, userId: string): Refusal | undefined {
    if (caller.kind === 'user' && caller.userId !== userId) {
      return refuse('FORBIDDEN', 'Only the user may do this.')
    }
    return store.hasUser(userId) ? undefined : refuse('NOT_FOUND', 'There is no such user.')
  }

  function changed(channel: Channel, change: Partial<ChannelContent>): Reply | Refusal {
    const next = { ...channel, ...change, updatedAt: now() }
    const refusal = contentRefusal(next, change.memberIds ?? [], channel.channelId)
    if (refusal) return refusal
    store.setChannel(next)
    const stays = (caller: Caller) =>
      caller.kind === 'service' || next.memberIds.includes(caller.userId)
    feed.dismiss(channel.channelId, 'not_a_member', stays)
    return ok(next)
  }

  /** What only the stored data can tell: members who do not exist, a name that is taken. */
  function contentRefusal(
    { name }: ChannelContent,
    givenMemberIds: readonly string[],
    channelId?: string,
  ): Refusal | undefined {
    const stranger = givenMemberIds.findIndex((userId) => !store.hasUser(userId))
    if (stranger >= 0) {
      return invalid('body', `/memberIds/${stranger}`, 'unknown_user', 'There is no such user.')
    }
    const holder = store.channelIdOfName(name)
    if (holder === undefined || holder === channelId) return undefined
    return refuse('CONFLICT', 'Another channel has this name.')
  }
}

function cursorPage<T>(
  query: URLSearchParams,
  read: (afterSeq: number, limit: number) => Page<T>,
): Reply | Refusal {
  const page = readCursorPage(query)
  if (isRefusal(page)) return page
  const { items, lastSeq, hasMore } = read(page.afterSeq, page.limit)
  // At the end of the list the cursor stays where it is, so that a later call finds what is new.
  const cursor = lastSeq === undefined ? query.get('cursor') : writeCursor(lastSeq)
  return ok({ data: items, meta: { cursor, hasMore } })
}

function ok(body: object): Reply {
  return { status: 200, body }
}

function created(location: string, body: object): Reply {
  return { status: 201, headers: { Location: location }, body }
}
