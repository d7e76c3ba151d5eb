// Clients of streams: `node bench/protocols/live-load.ts sockets|events|rest PORT CLIENTS SECONDS`.
// `sockets` sends a message and waits for it to come back; `events` counts what comes; `rest` opens
// WebSockets, says so over its channel, and leaves them alone. What was counted is printed as JSON.
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { quantile } from '../stats.ts'

const [kind, ...numbers] = process.argv.slice(2)
const [port = 0, clients = 1, seconds = 1] = numbers.map(Number)
const warmUpMs = 1000
/** At once on their way, well below what a listener keeps waiting. */
const openingMax = 50
/** A gateway bounds the streams of one address: 127.0.0.0/8 is full of others. */
const perAddress = 100

const mask = [0x12, 0x34, 0x56, 0x78]
const payload = Buffer.alloc(100, 'm')
const message = Buffer.from([
  0x81,
  0x80 | payload.length,
  ...mask,
  ...payload.map((b, i) => b ^ mask[i & 3]!),
])
const echoBytes = 2 + payload.length

const fields = 'Host: 127.0.0.1\r\nUser-Agent: bench\r\n'
const eventsHead = `GET /live/events HTTP/1.1\r\n${fields}Accept: text/event-stream\r\n\r\n`
const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const socketHead = `GET /live/socket HTTP/1.1\r\n${fields}${upgrade}${key}\r\n`

let counts = false
let counted = 0
const latenciesMs: number[] = []

process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))

const sockets: Socket[] = []
for (let at = 0; at < clients; at += openingMax) {
  const some = Array.from({ length: Math.min(openingMax, clients - at) }, (_, i) => open(at + i))
  sockets.push(...(await Promise.all(some)))
}
if (kind === 'rest') process.send?.('resting')
else await measure()

async function open(number: number): Promise<Socket> {
  const localAddress = `127.0.0.${2 + Math.floor(number / perAddress)}`
  const socket = createConnection({ port, host: '127.0.0.1', localAddress, noDelay: true })
  await once(socket, 'connect')
  socket.write(kind === 'events' ? eventsHead : socketHead)
  const [head] = (await once(socket, 'data')) as [Buffer]
  const text = head.toString('latin1')
  if (!/^HTTP\/1\.1 (?:101|200) /.test(text)) throw new Error(text)
  socket.on('close', () => {
    throw new Error('a stream was closed')
  })
  if (kind === 'sockets') echo(socket)
  else if (kind === 'events') count(socket)
  return socket
}

function echo(socket: Socket): void {
  let left = echoBytes
  let sentMs = 0
  const send = () => {
    sentMs = performance.now()
    left = echoBytes
    socket.write(message)
  }
  socket.on('data', (bytes: Buffer) => {
    left -= bytes.length
    if (left > 0) return
    if (counts) {
      counted += 2
      latenciesMs.push(performance.now() - sentMs)
    }
    send()
  })
  send()
}

/** Each event ends with an empty line; its chunk's framing is no part of that. */
function count(socket: Socket): void {
  socket.on('data', (bytes: Buffer) => {
    if (!counts) return
    for (let at = bytes.indexOf('\n\n'); at >= 0; at = bytes.indexOf('\n\n', at + 2)) counted++
  })
}

async function measure(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, warmUpMs))
  process.send?.('counting')
  counts = true
  const startMs = performance.now()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  counts = false
  const durationMs = performance.now() - startMs
  const sorted = Float64Array.from(latenciesMs)
  const result = {
    counted,
    perSecond: (counted / durationMs) * 1000,
    p50Us: sorted.length === 0 ? NaN : quantile(sorted, 0.5) * 1000,
    p99Us: sorted.length === 0 ? NaN : quantile(sorted, 0.99) * 1000,
  }
  process.send?.(result)
  process.exit(0)
}
