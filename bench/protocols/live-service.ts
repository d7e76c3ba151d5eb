// The service behind the cases of streams: `node bench/protocols/live-service.ts PORT`. It sends
// every WebSocket frame back, and an event every 10 ms to whoever asked for events. One write each:
// it must cost less than the gateway in front of it.
import { createHash } from 'node:crypto'
import { createServer, type Socket } from 'node:net'

const eventPeriodMs = 10
const event = `id: 42\ndata: {"messageId":"msg_a1b2c3","content":"${'x'.repeat(72)}"}\n\n`
const chunk = Buffer.from(`${event.length.toString(16)}\r\n${event}\r\n`)
const listeners = new Set<Socket>()

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  socket.on('close', () => listeners.delete(socket))
  socket.once('data', (head: Buffer) => begin(socket, head.toString('latin1')))
})
server.listen(Number(process.argv[2]), '127.0.0.1', 1024)
setInterval(() => {
  for (const socket of listeners) socket.write(chunk)
}, eventPeriodMs)
process.on('SIGTERM', () => process.exit(0))

function begin(socket: Socket, head: string): void {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1]
  if (key === undefined) {
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    listeners.add(socket)
    return
  }
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  const fields = `Sec-WebSocket-Accept: ${accept.digest('base64')}\r\n`
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${fields}\r\n`,
  )
  socket.on('data', (frames: Buffer) => socket.write(unmasked(frames)))
}

/** Whole frames of less than 126 bytes, as the load of the bench sends them. */
function unmasked(frames: Buffer): Buffer {
  const out = Buffer.allocUnsafe(frames.length)
  let length = 0
  for (let at = 0; at < frames.length;) {
    const bytes = frames[at + 1]! & 0x7f
    out[length++] = frames[at]!
    out[length++] = bytes
    const mask = at + 2
    for (let i = 0; i < bytes; i++) out[length++] = frames[mask + 4 + i]! ^ frames[mask + (i & 3)]!
    at = mask + 4 + bytes
  }
  return out.subarray(0, length)
}
