// WebSockets that mean harm, against a real gateway on real sockets: what each is told, that nothing
// beyond what was understood reaches the other side, and that nothing is left behind.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { suite, test } from 'node:test'
import { startGateway } from '../../src/gateway.ts'
import { closeFrame, frameOf, opcodes } from '../../src/http.ts'
import { bundleOf } from '../gateway.ts'
import { eventually } from '../raw-peer.ts'

const mask = Uint8Array.of(1, 2, 3, 4)

const bounds = '{ messageBytesMax: 1000, messagesPerSecondMax: 50, checkUtf8: true }'
const contract = `openapi: 3.1.0
info: { title: Sockets, version: '1' }
paths:
  /spliced: { get: { responses: { '101': { description: open } } } }
  /bounded:
    get:
      x-concordat: { policies: { websocket: ${bounds} } }
      responses: { '101': { description: open } }
`

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A frame of a client with any first byte. */
function framed(first: number, payload: string | Uint8Array): Buffer {
  const frame = frameOf(0, typeof payload === 'string' ? bytes(payload) : payload, mask)
  frame[0] = first
  return Buffer.from(frame)
}

const many = (count: number, frame: Buffer): Buffer => Buffer.concat(Array(count).fill(frame))

interface Hostile {
  readonly says: string
  readonly path?: '/spliced' | '/bounded'
  readonly sent: Buffer
  /** Of the Close that the client gets. */
  readonly code: number
  /** At most this much of it reaches the service, before its own Close. */
  readonly bytesMax: number
}

const good = framed(0x81, 'good')

const fromClients: readonly Hostile[] = [
  { says: 'no mask', sent: bytes('\x81\x01a'), code: 1002, bytesMax: 0 },
  {
    says: 'an unknown opcode behind a good frame',
    sent: Buffer.concat([good, framed(0x83, 'a')]),
    code: 1002,
    bytesMax: good.length,
  },
  { says: 'a fragmented ping', sent: framed(0x09, 'a'), code: 1002, bytesMax: 0 },
  { says: 'a long ping', sent: framed(0x89, new Uint8Array(126)), code: 1002, bytesMax: 0 },
  {
    says: 'a deflated message that nobody agreed to',
    sent: framed(0xc1, 'bomb'),
    code: 1002,
    bytesMax: 0,
  },
  { says: 'a continuation of nothing', sent: framed(0x80, 'a'), code: 1002, bytesMax: 0 },
  { says: 'a length in a long form', sent: bytes('\x82\xfe\x00\x05aaaa'), code: 1002, bytesMax: 0 },
  {
    says: 'a length of 2^63',
    sent: bytes('\x82\xff\x80\0\0\0\0\0\0\0aaaa'),
    code: 1009,
    bytesMax: 0,
  },
  {
    says: 'a length of 2^62',
    sent: bytes('\x82\xff\x40\0\0\0\0\0\0\0aaaa'),
    code: 1009,
    bytesMax: 0,
  },
  { says: 'a Close of one byte', sent: framed(0x88, '\x03'), code: 1002, bytesMax: 0 },
  {
    says: 'a Close of a code that may not be sent',
    sent: framed(0x88, '\x03\xee'),
    code: 1002,
    bytesMax: 0,
  },
  {
    says: 'a Close whose reason is no UTF-8',
    sent: framed(0x88, '\x03\xe8\xff'),
    code: 1007,
    bytesMax: 0,
  },
  {
    says: 'HTTP behind the handshake',
    sent: bytes('GET /bounded HTTP/1.1\r\nHost: a\r\n\r\n'),
    code: 1002,
    bytesMax: 0,
  },
  { says: 'a flood of pings', sent: many(100_000, framed(0x89, '')), code: 1008, bytesMax: 10_000 },
  {
    says: 'a flood of pongs',
    sent: many(100_000, framed(0x8a, 'x'.repeat(125))),
    code: 1008,
    bytesMax: 10_000,
  },
  {
    says: 'a flood of empty fragments',
    sent: Buffer.concat([framed(0x01, ''), many(100_000, framed(0x00, ''))]),
    code: 1009,
    bytesMax: 100_000,
  },
  {
    says: 'a flood of empty messages',
    path: '/bounded',
    sent: many(100_000, framed(0x82, '')),
    code: 1008,
    bytesMax: 600,
  },
  {
    says: 'a message beyond its bound, by its head alone',
    path: '/bounded',
    sent: framed(0x82, new Uint8Array(1001)).subarray(0, 8),
    code: 1009,
    bytesMax: 0,
  },
  {
    says: 'fragments that together are beyond it',
    path: '/bounded',
    sent: Buffer.concat([framed(0x02, new Uint8Array(600)), framed(0x80, new Uint8Array(600))]),
    code: 1009,
    bytesMax: 608,
  },
  {
    says: 'a text that is no UTF-8',
    path: '/bounded',
    sent: framed(0x81, '\xc0\x80'),
    code: 1007,
    bytesMax: 0,
  },
  {
    says: 'half a character at the end',
    path: '/bounded',
    sent: framed(0x81, '\xe2\x82'),
    code: 1007,
    bytesMax: 0,
  },
]

interface HostileService {
  readonly says: string
  readonly sent: Buffer
  /** What the client gets of it. */
  readonly want: Buffer
}

const told = (reason: string): Buffer => Buffer.from(closeFrame(1011, reason))

const fromServices: readonly HostileService[] = [
  {
    says: 'a masked frame',
    sent: framed(0x81, 'a'),
    want: told('a frame of a server with a mask'),
  },
  {
    says: 'a Close that says nothing valid',
    sent: bytes('\x88\x02\x03\xed'),
    want: told('a Close that says nothing valid'),
  },
  { says: 'an unknown opcode', sent: bytes('\x8f\x00'), want: told('an unknown kind of frame') },
  {
    says: 'HTTP behind the handshake',
    sent: bytes('HTTP/1.1 200 OK\r\n\r\n'),
    want: told('reserved bits that no extension uses'),
  },
  {
    says: 'a flood of pings',
    sent: many(1_000, bytes('\x89\x00')),
    want: Buffer.concat([many(50, bytes('\x89\x00')), told('too many pings or pongs')]),
  },
]

suite('hostile WebSockets', async () => {
  const bugs: unknown[] = []
  const service = await startService()
  const gateway = await startGateway({
    bundle: bundleOf({ contract, to: [`http://127.0.0.1:${service.port}`] }),
    listen: [{ host: '127.0.0.1', port: 0 }],
    log: { access: 'off', redact: [] },
    workers: 0,
    bug: (error) => void bugs.push(error),
    warn: () => undefined,
  })
  assert.ok(!('problem' in gateway))

  for (const { says, path = '/spliced', sent, code, bytesMax } of fromClients) {
    test(`from a client: ${says}`, async () => {
      const before = service.sockets.length
      const client = await openSocket(gateway.port, path)
      client.socket.write(sent)
      const close = await client.close()
      assert.equal(close.readUInt16BE(2), code)
      const got = service.sockets[before]!
      await eventually('the service is told', () => got.received.includes('\x88'))
      assert.ok(got.received.indexOf('\x88') <= bytesMax, `${got.received.length} bytes went on`)
      client.socket.destroy()
      assert.deepEqual(bugs, [])
    })
  }

  for (const { says, sent, want } of fromServices) {
    test(`from a service: ${says}`, async () => {
      service.first = sent
      const client = await openSocket(gateway.port, '/spliced')
      service.first = undefined
      await eventually('the client is told', () => client.received().equals(want))
      client.socket.destroy()
      assert.deepEqual(bugs, [])
    })
  }

  test('leaves nothing behind, and others their sockets', async () => {
    const before = service.sockets.length
    const client = await openSocket(gateway.port, '/spliced')
    client.socket.write(good)
    await eventually(
      'it goes on',
      () => service.sockets[before]?.received === good.toString('latin1'),
    )
    client.socket.destroy()
    await eventually('none is open', () => service.sockets.every(({ socket }) => socket.destroyed))
    await gateway.close()
    service.close()
  })
})

interface ServiceSocket {
  readonly socket: Socket
  received: string
}

/** Takes every handshake, keeps what comes, and says what it is told to say first. */
async function startService() {
  const sockets: ServiceSocket[] = []
  const one = {
    port: 0,
    sockets,
    first: undefined as Buffer | undefined,
    close: () => void server.close(),
  }
  const server = createServer((socket) => {
    let head = ''
    const kept: ServiceSocket = { socket, received: '' }
    socket.on('error', () => undefined)
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (head.endsWith('\r\n\r\n')) {
        kept.received += text
        if (text.includes('\x88')) socket.end(Buffer.from(closeFrame(1000, '')))
        return
      }
      const end = (head + text).indexOf('\r\n\r\n') + 4
      kept.received = (head + text).slice(end)
      head = (head + text).slice(0, end)
      sockets.push(kept)
      socket.write(Buffer.concat([bytes(taken(head)), one.first ?? Buffer.alloc(0)]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  one.port = (server.address() as AddressInfo).port
  return one
}

function taken(head: string): string {
  const key = /sec-websocket-key: (\S+)/i.exec(head)![1]!
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`
}

async function openSocket(port: number, path: string) {
  const socket = connect(port, '127.0.0.1')
  let all = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (piece: Buffer) => {
    all = Buffer.concat([all, piece])
  })
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  )
  await eventually('it is open', () => all.includes('\r\n\r\n'))
  assert.match(all.toString('latin1'), /^HTTP\/1\.1 101 /)
  const received = (): Buffer => all.subarray(all.indexOf('\r\n\r\n') + 4)
  return {
    socket,
    received,
    /** The Close that comes last, whole. */
    async close(): Promise<Buffer> {
      const isClose = () => {
        const at = received().lastIndexOf(0x80 | opcodes.close)
        return at >= 0 && received().length >= at + 2 + received()[at + 1]!
      }
      await eventually('a Close comes', isClose)
      return received().subarray(received().lastIndexOf(0x80 | opcodes.close))
    },
  }
}
