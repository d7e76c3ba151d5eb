// Who and what is there on the first start. The credentials are for this demonstration alone: they
// open nothing but a chat on one's own machine.
import { hash } from 'node:crypto'
import type { Store } from './store.ts'

export const demo = {
  ada: { userId: 'usr_p4q5r6', token: 'demo_token_of_ada' },
  ben: { userId: 'usr_k7m2n9', token: 'demo_token_of_ben' },
  cleo: { userId: 'usr_t3v8w1', token: 'demo_token_of_cleo' },
  moderator: { key: 'sk_live_demo4moderation_k3x9q2' },
  /** Ada and Ben are members, Cleo is not. */
  channelId: 'ch_x9y8z7',
  messageId: 'msg_a1b2c3',
} as const

/** Credentials are stored as hashes; a plain SHA-256 does for long random ones. */
export function credentialHash(credential: string): string {
  return hash('sha256', credential)
}

export function seedDemo(store: Store): void {
  if (store.hasUser(demo.ada.userId)) return
  const { ada, ben, cleo, moderator } = demo
  for (const [name, { userId, token }] of Object.entries({ ada, ben, cleo })) {
    store.addUser(userId, name)
    store.addToken(credentialHash(token), userId)
  }
  store.addService(credentialHash(moderator.key), 'moderator')
  const createdAt = '2026-03-12T10:00:00Z'
  store.addChannel({
    channelId: demo.channelId,
    name: 'general',
    topic: 'Everything that fits nowhere else',
    memberIds: [ada.userId, ben.userId],
    createdAt,
    updatedAt: createdAt,
  })
  store.addMessage({
    messageId: demo.messageId,
    channelId: demo.channelId,
    senderId: ada.userId,
    content: 'Hello, world!',
    type: 'text',
    createdAt: '2026-03-12T10:30:00Z',
  })
}
