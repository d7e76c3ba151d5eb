// What `npm start` runs: the chat, the gateway in front of it, and commands to try. Ctrl-C ends both.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { demo } from './demo.ts'

const root = join(import.meta.dirname, '..', '..')

const children: ChildProcess[] = []
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => children.forEach((child) => child.kill(signal)))
}

const chatUrl = await startChat()
const gateway = await startGateway(chatUrl)
console.log(welcome(chatUrl, gateway))
await Promise.race(children.map((child) => once(child, 'exit')))
children.forEach((child) => child.kill())

async function startChat(): Promise<string> {
  const { line } = await start(join(import.meta.dirname, 'main.ts'), ['--port', '0'])
  return line.replace('chat listens on ', '')
}

interface Gateway {
  readonly url: string
  readonly adminUrl: string
}

async function startGateway(to: string): Promise<Gateway> {
  const contract = join('examples', 'chat', 'openapi.yaml')
  const bin = join(root, 'bin', 'concordat')
  const args = ['run', contract, '--to', to, '--json']
  args.push('--port', await freePort(8080), '--admin-port', await freePort(9090))
  const { line, lines } = await start(bin, args)
  // What follows the first line is the access log.
  lines.on('line', (entry) => console.log(entry))
  return JSON.parse(line) as Gateway
}

/** Starts a program and waits for its first line, which says that it is ready. */
async function start(program: string, args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A process group of its own: Ctrl-C reaches it through us, once.
    detached: true,
  })
  children.push(child)
  const lines = createInterface(child.stdout)
  const ended = once(child, 'exit').then(() => undefined)
  const first = (await Promise.race([once(lines, 'line'), ended])) as [string] | undefined
  if (first === undefined) {
    children.forEach((one) => one.kill())
    process.exit(1)
  }
  return { line: first[0], lines }
}

/** The usual port, or `0` (any free one) where somebody has it already. */
async function freePort(port: number): Promise<string> {
  const probe = createServer().listen(port, '127.0.0.1')
  const isFree = await Promise.race([
    once(probe, 'listening').then(() => true),
    once(probe, 'error').then(() => false),
  ])
  if (!isFree) {
    console.log(`Port ${port} is taken: a free one is used in its place.`)
    return '0'
  }
  probe.close()
  await once(probe, 'close')
  return String(port)
}

function welcome(chat: string, { url, adminUrl }: Gateway): string {
  const token = `-H 'Authorization: Bearer ${demo.ada.token}'`
  const json = `-H 'Content-Type: application/json'`
  return `
The chat runs at ${chat}, and Concordat in front of it:

  API      ${url}/v1
  metrics  ${adminUrl}/metrics
  probes   ${adminUrl}/livez  ${adminUrl}/readyz

Create a channel:
  curl -i ${url}/v1/channels ${token} ${json} \\
    -d '{"name": "release-3", "memberIds": ["${demo.ben.userId}"]}'

Send a message:
  curl -i ${url}/v1/channels/${demo.channelId}/messages ${token} ${json} \\
    -d '{"content": "Hello from the gateway", "type": "text"}'

List the messages:
  curl '${url}/v1/channels/${demo.channelId}/messages?limit=10' ${token}

Be refused, field by field, before the chat sees anything:
  curl -i ${url}/v1/channels/${demo.channelId}/messages ${token} ${json} \\
    -d '{"content": "", "type": "video"}'

Be refused for want of a credential:
  curl -i ${url}/v1/channels/${demo.channelId}

Ctrl-C stops both.
`
}
