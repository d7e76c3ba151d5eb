// The tables, as numbered migrations: one that has been released is never edited, only followed.

export const migrations: readonly string[] = [
  `
  CREATE TABLE users (
    user_id TEXT PRIMARY KEY,
    name TEXT NOT NULL
  ) STRICT;

  -- Only hashes of credentials are kept.
  CREATE TABLE tokens (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE services (
    key_hash TEXT PRIMARY KEY,
    name TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- AUTOINCREMENT: the number of a deleted row never comes back, so no cursor ever skips a row.
  CREATE TABLE channels (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    topic TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE members (
    channel_id TEXT NOT NULL REFERENCES channels (channel_id),
    user_id TEXT NOT NULL REFERENCES users,
    position INTEGER NOT NULL,
    PRIMARY KEY (channel_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_of_user ON members (user_id, channel_id);

  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    channel_id TEXT NOT NULL REFERENCES channels (channel_id),
    sender_id TEXT NOT NULL REFERENCES users,
    content TEXT NOT NULL,
    type TEXT NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX messages_of_channel ON messages (channel_id, seq);
  CREATE INDEX messages_of_user ON messages (sender_id, seq);
  `,
]
