// The service behind the soak, in a process of its own: fixed replies, as cheap as Node can make them,
// for it shares the machine with what is measured. Tells its port to its parent.
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

const reply = (status: string, body: string): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )

const items = reply('200 OK', JSON.stringify(Array.from({ length: 100 }, (_, at) => item(at))))
const oneItem = reply('200 OK', JSON.stringify(item(1)))
const created = reply('201 Created', '{"order":1}')
const stored = reply('200 OK', '{"stored":true}')
const file = reply('200 OK', 'f'.repeat(64 * 1024))

function item(at: number): object {
  return { id: `item${at}`, title: 'A thing of beauty', price: 12.5, tags: ['new', 'blue'] }
}

/** By the first bytes of a request: a service of ours needs to read no more. */
function replyTo(head: string): Buffer {
  if (head.startsWith('POST')) return created
  if (head.startsWith('PUT')) return stored
  if (head.startsWith('GET /files')) return file
  return head.startsWith('GET /items/') ? oneItem : items
}

function serve(socket: Socket): void {
  let seen = ''
  socket.setNoDelay(true).setEncoding('latin1')
  socket.on('error', () => {})
  socket.on('data', (text: string) => {
    seen += text
    for (let end = endOfRequest(seen); end > 0; end = endOfRequest(seen)) {
      socket.write(replyTo(seen))
      seen = seen.slice(end)
    }
  })
}

/** Where the first request ends; 0: not here yet. */
function endOfRequest(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n') + 4
  if (headEnd < 4) return 0
  if (text.startsWith('GET')) return headEnd
  const head = text.slice(0, headEnd)
  const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined)
    return text.length < headEnd + Number(length) ? 0 : headEnd + Number(length)
  const last = text.indexOf('\r\n0\r\n\r\n', headEnd - 2)
  return last === -1 ? 0 : last + 7
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', 4_096, () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
