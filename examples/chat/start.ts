// What `npm start` runs: the chat, the gateway in front of it, and commands to try. Ctrl-C ends both.
// node examples/chat/start.ts [--port 8080] [--admin-port 9090] [--database FILE]
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { demo } from './demo.ts'

const root = join(import.meta.dirname, '..', '..')

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    'admin-port': { type: 'string', default: '9090' },
    database: { type: 'string', default: ':memory:' },
  },
})

const children: ChildProcess[] = []
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Of us a terminal that is closed wants the end; to the gateway SIGHUP means something else.
  const passed = signal === 'SIGHUP' ? 'SIGINT' : signal
  process.once(signal, () => children.forEach((child) => child.kill(passed)))
}
// Whatever ends this program, a bug of its own too, ends what it started.
process.on('exit', () => children.forEach((child) => child.kill()))

const started = await startChat()
const gateway = await startGateway(started.url)
console.log(welcome(started, gateway))
await Promise.race(children.map((child) => once(child, 'exit')))
children.forEach((child) => child.kill())

interface Chat {
  readonly url: string
  readonly grpcUrl: string
}

async function startChat(): Promise<Chat> {
  const args = ['--port', '0', '--database', databaseFile()]
  const { line } = await start(join(import.meta.dirname, 'main.ts'), args)
  const [url = '', grpcUrl = ''] = line.match(/\b\w+:\/\/[\w.:]+/g) ?? []
  return { url, grpcUrl }
}

/** The chat runs in the project's folder; a file is meant where the command was given. */
function databaseFile(): string {
  return options.database === ':memory:' ? options.database : resolve(options.database)
}

interface Gateway {
  readonly url: string
  readonly adminUrl: string
}

async function startGateway(to: string): Promise<Gateway> {
  const contract = join('examples', 'chat', 'openapi.yaml')
  const bin = join(root, 'bin', 'concordat')
  const args = ['run', contract, '--to', to, '--json']
  args.push('--port', await freePort(options.port))
  args.push('--admin-port', await freePort(options['admin-port']))
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
  if (first === undefined) process.exit(1)
  return { line: first[0], lines }
}

/** The wanted port, or `0` (any free one) where somebody has it already. */
async function freePort(port: string): Promise<string> {
  const probe = createServer().listen(Number(port), '127.0.0.1')
  const isFree = await once(probe, 'listening').then(
    () => true,
    () => false,
  )
  if (!isFree) {
    console.log(`Port ${port} is taken: a free one is used in its place.`)
    return '0'
  }
  probe.close()
  await once(probe, 'close')
  return port
}

function welcome(chat: Chat, { url, adminUrl }: Gateway): string {
  const token = `-H 'Authorization: Bearer ${demo.ada.token}'`
  const json = `${token} \\\n    -H 'Content-Type: application/json'`
  const messages = `${url}/v1/channels/${demo.channelId}/messages`
  return `
The chat runs at ${chat.url}, and Concordat in front of it:

  page     ${url}/v1/app  (open it twice, as two people)
  API      ${url}/v1
  metrics  ${adminUrl}/metrics
  probes   ${adminUrl}/livez  ${adminUrl}/readyz

Create a channel:
  curl -i ${url}/v1/channels ${json} \\
    -d '{"name": "release-3", "memberIds": ["${demo.ben.userId}"]}'

Send a message:
  curl -i ${messages} ${json} \\
    -d '{"content": "Hello, Ben, see you tomorrow", "type": "text"}'

List the messages:
  curl '${messages}?limit=10' ${token}

Hear the new ones as they come, in another terminal:
  curl -N ${messages}/stream ${token}

Have one translated:
  curl ${url}/v1/messages/${demo.messageId}/translate ${json} \\
    -d '{"targetLanguage": "fr"}'

Be refused, field by field, before the chat sees anything:
  curl -i ${messages} ${json} \\
    -d '{"content": "", "type": "video"}'

Be refused for want of a credential:
  curl -i ${url}/v1/channels/${demo.channelId}

See what was counted:
  curl -s ${adminUrl}/metrics

Watch it live:
  bin/concordat top --admin ${adminUrl}

For its gRPC service, ${chat.grpcUrl}, start another gateway:
  bin/concordat run examples/chat/chat.binpb --to ${chat.grpcUrl} --port 8081 --admin-port 9091

Ctrl-C stops everything.
`
}
