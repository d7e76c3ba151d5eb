// The contracts that are driven, and how many operations of requests and replies each must have: none
// may be passed over.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { fixturePath, fixturesAbsent } from '../fixtures.ts'
import { type RawDocument, readDocument } from './document.ts'

export interface DrivenContract {
  readonly name: string
  readonly file: string
  readonly operations: number
  readonly absent: string | false
}

export const contracts: readonly DrivenContract[] = [
  {
    name: 'Discord',
    file: fixturePath('contracts', 'discord.json'),
    operations: 242,
    absent: fixturesAbsent,
  },
  {
    name: 'Twilio Conversations',
    file: fixturePath('contracts', 'twilio-conversations.json'),
    operations: 103,
    absent: fixturesAbsent,
  },
  {
    name: 'chat',
    file: join(import.meta.dirname, '..', '..', 'examples', 'chat', 'openapi.yaml'),
    operations: 14,
    absent: false,
  },
]

export function readContract({ file }: DrivenContract): RawDocument {
  const text = readFileSync(file, 'utf8')
  const document = readDocument(file.endsWith('.yaml') ? parse(text) : JSON.parse(text))
  // A WebSocket is no request and reply: `test/websocket.test.ts` has those.
  return { ...document, operations: document.operations.filter(({ isSocket }) => !isSocket) }
}
