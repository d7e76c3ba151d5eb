// Open-loop load: requests fall due at a fixed rate whatever the gateway does, and a latency counts
// from the moment its request was due, so that a stall is felt by all who would have come meanwhile.
// A process of its own: node bench/load.ts PORT REQUESTS-FILE CONNECTIONS PER-SECOND SECONDS.
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import type { Socket } from 'node:net'
import { quantile } from './stats.ts'

/** The first part of a run warms this very program up and is not counted. */
const warmUpMs = 1000
const drainMsMax = 5000
/** A turn of the loop that takes longer was spent off the core: what it delays says little. */
const turnMsMax = 1

interface Connection {
  readonly socket: Socket
  dueMs: number
  /** Bytes of a reply that is not whole yet. */
  partial: Buffer | undefined
}

const [port = 0, , connectionCount = 1, perSecond = 1, seconds = 1] = process.argv
  .slice(2)
  .map(Number)
const requests = readFileSync(process.argv[3] ?? '', 'latin1')
  .split('\0')
  .map((request) => Buffer.from(request, 'latin1'))

const idle = await Promise.all(Array.from({ length: connectionCount }, connect))
const gapMs = 1000 / perSecond
const startMs = performance.now()
const countFromMs = startMs + warmUpMs
const endMs = countFromMs + seconds * 1000
const latenciesMs = new Float64Array(Math.ceil(perSecond * seconds) + 1)
let counted = 0
let nextDueMs = startMs
let sent = 0
let turnMs = startMs
let stalledMs = 0

// Spinning, not sleeping: timers of whole milliseconds would be coarser than what is measured. The
// bench runs this program at idle priority, so that the service on its core comes first.
pump()

function pump(): void {
  const nowMs = performance.now()
  if (nowMs - turnMs > turnMsMax && turnMs > countFromMs) stalledMs += nowMs - turnMs
  turnMs = nowMs
  while (nextDueMs <= nowMs && nextDueMs < endMs) {
    const connection = idle.pop()
    if (connection === undefined) break
    send(connection)
  }
  while (performance.now() < nowMs + 0.01);
  if (nowMs > endMs + drainMsMax) fail(`${connectionCount - idle.length} replies are missing`)
  if (nextDueMs < endMs || idle.length < connectionCount) setImmediate(pump)
  else report()
}

function send(connection: Connection): void {
  connection.dueMs = nextDueMs
  nextDueMs += gapMs
  connection.socket.write(requests[sent % requests.length] ?? '')
  sent += 1
}

async function connect(): Promise<Connection> {
  const onread = {
    buffer: Buffer.alloc(16_384),
    callback: (length: number, buffer: Uint8Array) => {
      receive(connection, buffer as Buffer, length)
      return true
    },
  }
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true, onread })
  const connection: Connection = { socket, dueMs: 0, partial: undefined }
  socket.on('close', () => fail('a connection closed'))
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return connection
}

function receive(connection: Connection, buffer: Buffer, length: number): void {
  const bytes = joined(connection.partial, buffer.subarray(0, length))
  const missing = replyBytes(bytes) - bytes.length
  if (missing < 0) fail('a reply was longer than its Content-Length')
  if (missing > 0) {
    connection.partial = Buffer.from(bytes)
    return
  }
  connection.partial = undefined
  if (connection.dueMs >= countFromMs) {
    latenciesMs[counted] = performance.now() - connection.dueMs
    counted += 1
  }
  idle.push(connection)
}

const joined = (partial: Buffer | undefined, piece: Buffer): Buffer =>
  partial === undefined ? piece : Buffer.concat([partial, piece])

/** Of the whole reply, head included; infinite while its head is not complete. */
function replyBytes(bytes: Buffer): number {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return Infinity
  const head = bytes.toString('latin1', 0, headEnd)
  if (!head.startsWith('HTTP/1.1 20')) fail(head)
  const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1]
  return headEnd + 4 + Number(length ?? fail('a reply had no Content-Length'))
}

function report(): never {
  const latencies = latenciesMs.subarray(0, counted)
  const result = {
    p50Us: quantile(latencies, 0.5) * 1000,
    p99Us: quantile(latencies, 0.99) * 1000,
    stalled: stalledMs / (seconds * 1000),
  }
  console.log(JSON.stringify(result))
  process.exit(0)
}

function fail(reason: string): never {
  console.error(`load: ${reason}`)
  process.exit(1)
}
