// Open-loop load: requests fall due at a fixed rate whatever the gateway does, and a latency counts
// from the moment its request was due, so that a stall is felt by all who would have come meanwhile.
// A process of its own: node bench/load.ts PORT REQUESTS-FILE CONNECTIONS PER-SECOND SECONDS.
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import type { Socket } from 'node:net'
import { quantile } from './stats.ts'

/** The first part of a run warms this very program up and is not counted. */
const warmUpMs = 500
const drainMsMax = 5000

interface Connection {
  readonly socket: Socket
  dueMs: number
  /** Reply bytes received that are not yet a whole reply. */
  text: string
}

const [port = 0, , connections = 1, perSecond = 1, seconds = 1] = process.argv.slice(2).map(Number)
const requests = readFileSync(process.argv[3] ?? '', 'latin1')
  .split('\0')
  .map((request) => Buffer.from(request, 'latin1'))

const idle = await Promise.all(Array.from({ length: connections }, connect))
const gapMs = 1000 / perSecond
const startMs = performance.now()
const endMs = startMs + warmUpMs + seconds * 1000
const latenciesUs: number[] = []
let nextDueMs = startMs
let sent = 0

// Spinning, not sleeping: timers of whole milliseconds would be coarser than what is measured.
pump()

function pump(): void {
  const nowMs = performance.now()
  while (nextDueMs <= nowMs && nextDueMs < endMs) {
    const connection = idle.pop()
    if (connection === undefined) break
    send(connection)
  }
  if (nowMs > endMs + drainMsMax) fail(`${connections - idle.length} replies are missing`)
  if (nextDueMs < endMs || idle.length < connections) setImmediate(pump)
  else report()
}

function send(connection: Connection): void {
  connection.dueMs = nextDueMs
  nextDueMs += gapMs
  connection.socket.write(requests[sent % requests.length] ?? '')
  sent += 1
}

async function connect(): Promise<Connection> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  const connection: Connection = { socket, dueMs: 0, text: '' }
  socket.setEncoding('latin1')
  socket.on('data', (piece) => receive(connection, String(piece)))
  socket.on('close', () => fail('a connection closed'))
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return connection
}

function receive(connection: Connection, piece: string): void {
  connection.text += piece
  const missing = replyLength(connection.text) - connection.text.length
  if (missing > 0) return
  if (missing < 0) fail('a reply was longer than its Content-Length')
  if (!connection.text.startsWith('HTTP/1.1 20')) fail(connection.text.slice(0, 200))
  if (connection.dueMs >= startMs + warmUpMs)
    latenciesUs.push((performance.now() - connection.dueMs) * 1000)
  connection.text = ''
  idle.push(connection)
}

/** Of the whole reply, head included; infinite while its head is not complete. */
function replyLength(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return Infinity
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  return headEnd + 4 + Number(length ?? fail('a reply had no Content-Length'))
}

function report(): never {
  const result = { p50Us: quantile(latenciesUs, 0.5), p99Us: quantile(latenciesUs, 0.99) }
  console.log(JSON.stringify(result))
  process.exit(0)
}

function fail(reason: string): never {
  console.error(`load: ${reason}`)
  process.exit(1)
}
