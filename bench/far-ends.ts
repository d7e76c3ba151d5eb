// The two far ends of a transfer, each in a process of its own:
// `node bench/far-ends.ts serve PORT BYTES` sends BYTES for a GET and swallows a PUT;
// `node bench/far-ends.ts down|up PORT BYTES` asks for them, or sends them, once, and prints seconds.
// One buffer serves all writes: what is measured lies between the ends, not in them.
import { createConnection, createServer, Socket } from 'node:net'

const [role, portText, bytesText] = process.argv.slice(2)
const port = Number(portText)
const totalBytes = Number(bytesText)
const piece = Buffer.alloc(262_144, 'x')

if (role === 'serve') createServer({ pauseOnConnect: true }, serve).listen(port, '127.0.0.1')
else once(role === 'up')

function serve(accepted: Socket): void {
  let left = 0
  const socket = readingInto(accepted, (length, buffer) => {
    if (left === 0) left = requestBytes(textOf(buffer, length))
    if (left === 0) return send(socket, okHead(totalBytes), totalBytes)
    left -= length
    if (left === 0) socket.write(okHead(0))
  })
  socket.on('error', () => socket.destroy())
}

type Receive = (length: number, buffer: Uint8Array) => void

function onread(receive: Receive) {
  const callback = (length: number, buffer: Uint8Array) => {
    receive(length, buffer)
    return true
  }
  return { buffer: Buffer.alloc(262_144), callback }
}

/**
 * A server makes its sockets without `onread`, and a new Buffer for each read doubles the time of a
 * GiB: so the handle moves to a socket of our own.
 */
function readingInto(accepted: Socket, receive: Receive): Socket {
  const from = accepted as unknown as { _handle: unknown }
  const options = { handle: from._handle, noDelay: true, onread: onread(receive) }
  from._handle = null
  return new Socket(options as ConstructorParameters<typeof Socket>[0])
}

function textOf(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1')
}

/** Of a whole PUT, its head included, by its first piece; none for a GET. */
function requestBytes(text: string): number {
  return text.startsWith('GET ') ? 0 : wholeBytes(text)
}

function wholeBytes(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n')
  const length = /\ncontent-length: *(\d+)/i.exec(text.slice(0, headEnd))?.[1]
  return headEnd + 4 + Number(length ?? fail(`no length in: ${text.slice(0, 400)}`))
}

function okHead(bytes: number): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n\r\n`
}

function once(up: boolean): void {
  const startedMs = performance.now()
  let left = Infinity
  const read = onread((length, buffer) => {
    if (left === Infinity) left = replyBytes(textOf(buffer, length))
    left -= length
    if (left === 0) report(performance.now() - startedMs)
  })
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true, onread: read })
  socket.on('close', () => fail('the connection closed'))
  const head = `${up ? 'PUT' : 'GET'} /transfer HTTP/1.1\r\nHost: 127.0.0.1\r\n`
  const fields = `Content-Type: application/octet-stream\r\nContent-Length: ${totalBytes}\r\n`
  if (up) send(socket, `${head}${fields}\r\n`, totalBytes)
  else socket.write(`${head}\r\n`)
}

function replyBytes(text: string): number {
  return text.startsWith('HTTP/1.1 200') ? wholeBytes(text) : fail(text.slice(0, 400))
}

function report(ms: number): never {
  console.log(JSON.stringify({ seconds: ms / 1000 }))
  process.exit(0)
}

function send(socket: Socket, head: string, bytes: number): void {
  let left = bytes
  socket.write(head)
  const more = () => {
    if (left === 0) return
    const next = left < piece.length ? piece.subarray(0, left) : piece
    left -= next.length
    socket.write(next, more)
  }
  more()
}

function fail(reason: string): never {
  console.error(`far-ends: ${reason}`)
  process.exit(1)
}
