// The service as a program: it says where it listens, keeps its data, and stops when told.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { demo } from './demo.ts'

async function startChat(database: string) {
  const main = join(import.meta.dirname, 'main.ts')
  const child = spawn(process.execPath, [main, '--port', '0', '--database', database], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const origin = /^chat listens on (http:\/\/127\.0\.0\.1:\d+), for gRPC on h2c:/.exec(line)?.[1]
  assert.ok(origin, line)
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    const [code] = (await once(child, 'exit')) as [number]
    return code
  }
  return { origin, stop }
}

test('what was sent is there after a restart, and both signals end the program well', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const database = join(folder, 'chat.db')
  const headers = { authorization: `Bearer ${demo.ada.token}` }
  const path = `/v1/channels/${demo.channelId}/messages`

  const first = await startChat(database)
  const body = JSON.stringify({ content: 'Still here', type: 'text' })
  const sent = await fetch(first.origin + path, { method: 'POST', headers, body })
  assert.equal(sent.status, 201)
  assert.equal(await first.stop('SIGTERM'), 0)

  const second = await startChat(database)
  const list = await fetch(second.origin + path, { headers })
  const { data } = (await list.json()) as { data: { content: string }[] }
  assert.deepEqual(
    data.map((message) => message.content),
    ['Hello, world!', 'Still here'],
  )
  assert.equal(await second.stop('SIGINT'), 0)
})
