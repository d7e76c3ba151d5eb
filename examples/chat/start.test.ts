// What people meet first: that the start prints commands that work as they stand, that it finds its
// way around an occupied port, and that it leaves nothing running.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

interface Started {
  readonly text: string
  readonly stop: (signal: NodeJS.Signals) => Promise<number | null>
}

async function start(port: number, t: TestContext): Promise<Started> {
  const args = ['--port', String(port), '--admin-port', '0']
  const child = spawn(process.execPath, [join(import.meta.dirname, 'start.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // What is built for a test is not kept among what the user built.
    env: { ...process.env, CONCORDAT_CACHE: 'off' },
  })
  t.after(() => child.kill())
  const exited = once(child, 'exit') as Promise<[number | null]>
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    const [code] = await exited
    return code
  }
  let text = ''
  await new Promise<void>((ready, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += String(chunk)
      if (text.includes('Ctrl-C')) ready()
    })
    child.stdout.on('end', () => failed(new Error(`ended after: ${text}`)))
  })
  return { text, stop }
}

/** The commands of a text for a shell, as words; `\` goes on in the next line. */
function commandsIn(text: string): string[][] {
  const lines = text.match(/^ {2}curl (?:.*\\\n)*.*$/gm) ?? []
  return lines.map((line) =>
    [...line.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|[^\s']+/g)].map(
      ([word, quoted]) => quoted ?? word,
    ),
  )
}

/** What curl does with these words. */
function fetchAs([, ...words]: readonly string[]): Promise<Response> {
  const after = (option: string) => words.filter((_, i) => words[i - 1] === option)
  const url = words.find((word) => word.startsWith('http:'))
  const headers = after('-H').map((line): [string, string] => {
    const [name = '', value = ''] = line.split(': ')
    return [name, value]
  })
  const [body] = after('-d')
  return fetch(url!, { headers, ...(body !== undefined && { method: 'POST', body }) })
}

test('each printed command does what the line above it says', async (t) => {
  const { text, stop } = await start(0, t)
  const statuses: number[] = []
  for (const command of commandsIn(text)) {
    const reply = await fetchAs(command)
    statuses.push(reply.status)
    if (command.includes('-N')) {
      await reply.body!.cancel()
      continue
    }
    const answer = await reply.text()
    if (reply.status === 400) assert.match(answer, /"field":"\/content".*"field":"\/type"/)
  }
  assert.deepEqual(statuses, [201, 201, 200, 200, 200, 400, 401, 200])

  const chat = /chat runs at (\S+),/.exec(text)![1]!
  const api = /API +(\S+)/.exec(text)![1]!
  assert.equal(await stop('SIGINT'), 0)
  for (const url of [chat, api]) await assert.rejects(fetch(url), TypeError)
})

test('an occupied port is named, and a free one taken', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  t.after(() => holder.close())
  const { port } = holder.address() as AddressInfo
  const { text, stop } = await start(port, t)
  assert.match(text, new RegExp(`^Port ${port} is taken`))
  const [reading = []] = commandsIn(text).slice(2)
  assert.equal((await fetchAs(reading)).status, 200)
  assert.equal(await stop('SIGTERM'), 0)
})
