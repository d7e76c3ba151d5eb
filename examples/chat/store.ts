// Everything the chat keeps, in one SQLite database: numbered migrations, prepared statements, and
// no rule about who may do what. Lists are keyed by `seq`, the order in which rows were written.
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { migrations } from './schema.ts'

export interface ChannelContent {
  readonly name: string
  readonly topic: string | null
  readonly memberIds: readonly string[]
}

export interface Channel extends ChannelContent {
  readonly channelId: string
  readonly createdAt: string
  readonly updatedAt: string
}

export interface NewMessage {
  readonly content: string
  readonly type: 'text' | 'markdown'
}

export interface Message extends NewMessage {
  readonly messageId: string
  readonly channelId: string
  readonly senderId: string
  readonly createdAt: string
}

/** A part of a list, and the `seq` of its last entry, from which the next part goes on. */
export interface Page<T> {
  readonly items: T[]
  readonly lastSeq: number | undefined
  readonly hasMore: boolean
}

export type Store = ReturnType<typeof openStore>

const channelColumns = `
  channel_id AS channelId, name, topic, created_at AS createdAt, updated_at AS updatedAt,
  (SELECT json_group_array(user_id) FROM
    (SELECT user_id FROM members m WHERE m.channel_id = channels.channel_id ORDER BY position)
  ) AS memberIds`

const messageColumns = `
  message_id AS messageId, channel_id AS channelId, sender_id AS senderId, content, type,
  created_at AS createdAt`

export function openStore(database: string) {
  const db = new DatabaseSync(database)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000')
  migrate(db)

  const sql = {
    addUser: db.prepare('INSERT INTO users (user_id, name) VALUES (?, ?)'),
    hasUser: db.prepare('SELECT 1 FROM users WHERE user_id = ?'),
    addToken: db.prepare('INSERT INTO tokens (token_hash, user_id) VALUES (?, ?)'),
    userOfToken: db.prepare('SELECT user_id AS userId FROM tokens WHERE token_hash = ?'),
    addService: db.prepare('INSERT INTO services (key_hash, name) VALUES (?, ?)'),
    serviceOfKey: db.prepare('SELECT name FROM services WHERE key_hash = ?'),

    addChannel: db.prepare(
      'INSERT INTO channels (channel_id, name, topic, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
    ),
    setChannel: db.prepare(
      'UPDATE channels SET name = ?, topic = ?, updated_at = ? WHERE channel_id = ?',
    ),
    channel: db.prepare(`SELECT ${channelColumns} FROM channels WHERE channel_id = ?`),
    channelOfName: db.prepare('SELECT channel_id AS channelId FROM channels WHERE name = ?'),
    channels: db.prepare(`SELECT ${channelColumns} FROM channels ORDER BY seq LIMIT ? OFFSET ?`),
    channelCount: db.prepare('SELECT count(*) AS total FROM channels'),
    channelsOfUser: db.prepare(
      `SELECT seq, ${channelColumns} FROM channels
       WHERE channel_id IN (SELECT channel_id FROM members WHERE user_id = ?) AND seq > ?
       ORDER BY seq LIMIT ?`,
    ),
    dropMembers: db.prepare('DELETE FROM members WHERE channel_id = ?'),
    addMember: db.prepare('INSERT INTO members (channel_id, user_id, position) VALUES (?, ?, ?)'),

    addMessage: db.prepare(
      `INSERT INTO messages (message_id, channel_id, sender_id, content, type, created_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    lastSeqOfChannel: db.prepare(
      'SELECT coalesce(max(seq), 0) AS seq FROM messages WHERE channel_id = ?',
    ),
    message: db.prepare(`SELECT ${messageColumns} FROM messages WHERE message_id = ?`),
    dropMessage: db.prepare('DELETE FROM messages WHERE message_id = ?'),
    messagesOfChannel: db.prepare(
      `SELECT seq, ${messageColumns} FROM messages WHERE channel_id = ? AND seq > ?
       ORDER BY seq LIMIT ?`,
    ),
    messagesOfUser: db.prepare(
      `SELECT seq, ${messageColumns} FROM messages WHERE sender_id = ? AND seq > ?
       ORDER BY seq LIMIT ?`,
    ),
  }

  const setMembers = (channelId: string, memberIds: readonly string[]) => {
    sql.dropMembers.run(channelId)
    memberIds.forEach((userId, position) => sql.addMember.run(channelId, userId, position))
  }

  return {
    close: () => db.close(),

    addUser: (userId: string, name: string) => void sql.addUser.run(userId, name),
    hasUser: (userId: string) => sql.hasUser.get(userId) !== undefined,
    addToken: (tokenHash: string, userId: string) => void sql.addToken.run(tokenHash, userId),
    userOfToken: (tokenHash: string) =>
      (sql.userOfToken.get(tokenHash) as { userId: string } | undefined)?.userId,
    addService: (keyHash: string, name: string) => void sql.addService.run(keyHash, name),
    serviceOfKey: (keyHash: string) =>
      (sql.serviceOfKey.get(keyHash) as { name: string } | undefined)?.name,

    addChannel: (channel: Channel) =>
      inTransaction(db, () => {
        const { channelId, name, topic, createdAt, updatedAt } = channel
        sql.addChannel.run(channelId, name, topic, createdAt, updatedAt)
        setMembers(channelId, channel.memberIds)
      }),
    setChannel: (channel: Channel) =>
      inTransaction(db, () => {
        sql.setChannel.run(channel.name, channel.topic, channel.updatedAt, channel.channelId)
        setMembers(channel.channelId, channel.memberIds)
      }),
    channel: (channelId: string) => {
      const row = sql.channel.get(channelId) as unknown as ChannelRow | undefined
      return row && channelOf(row)
    },
    channelIdOfName: (name: string) =>
      (sql.channelOfName.get(name) as { channelId: string } | undefined)?.channelId,
    channels: (offset: number, limit: number) => ({
      items: (sql.channels.all(limit, offset) as unknown as ChannelRow[]).map(channelOf),
      total: (sql.channelCount.get() as { total: number }).total,
    }),
    channelsOfUser: (userId: string, afterSeq: number, limit: number) =>
      pageOf(sql.channelsOfUser, userId, afterSeq, limit, (row: Row & ChannelRow) =>
        channelOf(row),
      ),

    /** Gives its `seq`. */
    addMessage: (message: Message) => {
      const { messageId, channelId, senderId, content, type, createdAt } = message
      const row = sql.addMessage.run(messageId, channelId, senderId, content, type, createdAt)
      return Number(row.lastInsertRowid)
    },
    /** Of the channel's newest message; 0 where there is none. */
    lastSeqOfChannel: (channelId: string) =>
      (sql.lastSeqOfChannel.get(channelId) as { seq: number }).seq,
    message: (messageId: string) => sql.message.get(messageId) as unknown as Message | undefined,
    dropMessage: (messageId: string) => void sql.dropMessage.run(messageId),
    messagesOfChannel: (channelId: string, afterSeq: number, limit: number) =>
      pageOf(sql.messagesOfChannel, channelId, afterSeq, limit, messageOf),
    /** The same, each message with its `seq`. */
    entriesOfChannel: (channelId: string, afterSeq: number, limit: number) =>
      pageOf(sql.messagesOfChannel, channelId, afterSeq, limit, (row: Row & Message) => ({
        seq: row.seq,
        message: messageOf(row),
      })),
    messagesOfUser: (userId: string, afterSeq: number, limit: number) =>
      pageOf(sql.messagesOfUser, userId, afterSeq, limit, messageOf),
  }
}

interface Row {
  readonly seq: number
}

type ChannelRow = Omit<Channel, 'memberIds'> & { readonly memberIds: string }

function channelOf(row: ChannelRow): Channel {
  const { channelId, name, topic, memberIds, createdAt, updatedAt } = row
  return { channelId, name, topic, memberIds: JSON.parse(memberIds), createdAt, updatedAt }
}

function messageOf(row: Row & Message): Message {
  const { messageId, channelId, senderId, content, type, createdAt } = row
  return { messageId, channelId, senderId, content, type, createdAt }
}

/** Asks for one row more than the page holds: that is how it knows whether there is more. */
function pageOf<R extends Row, T>(
  list: StatementSync,
  ownerId: string,
  afterSeq: number,
  limit: number,
  itemOf: (row: R) => T,
): Page<T> {
  const rows = list.all(ownerId, afterSeq, limit + 1) as unknown as R[]
  const shown = rows.slice(0, limit)
  return {
    items: shown.map(itemOf),
    lastSeq: shown.at(-1)?.seq,
    hasMore: rows.length > limit,
  }
}

function inTransaction(db: DatabaseSync, run: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    run()
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

/** Runs the migrations that this database has not seen; `user_version` counts them. */
function migrate(db: DatabaseSync): void {
  const { user_version: done } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  migrations.slice(done).forEach((migration, i) => {
    inTransaction(db, () => db.exec(`${migration}; PRAGMA user_version = ${done + i + 1}`))
  })
}
