// What is read of packets without a connection.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificateFor } from '../src/certificate-for.ts'
import { ClientHello } from '../src/client-hello.ts'
import { withKeyFile } from '../src/key-file.ts'
import { readPacket, versionOffer } from '../src/packets.ts'
import { Client } from './client.ts'

const id = Buffer.alloc(8, 1)
const long = (first: number, version: number, bytes = 1200): Buffer => {
  const head = Buffer.alloc(bytes)
  head[0] = first
  head.writeUInt32BE(version, 1)
  head[5] = id.length
  id.copy(head, 6)
  return head
}

test('packets are told apart, and junk is none', () => {
  const cases: [says: string, packet: Buffer, kind: string | undefined][] = [
    ['nothing', Buffer.alloc(0), undefined],
    ['one byte', Buffer.from([0xc0]), undefined],
    ['text', Buffer.from('GET / HTTP/1.1\r\n'), undefined],
    ['a first packet', long(0xc0, 1), 'initial'],
    ['one that is not padded', long(0xc0, 1, 1199), undefined],
    ['one without the fixed bit', long(0x80, 1), undefined],
    ['a packet of a handshake', long(0xe0, 1, 100), 'later'],
    ['another version', long(0xc0, 0x6b3343cf), 'otherVersion'],
    ['another version, not padded', long(0xc0, 0x6b3343cf, 100), undefined],
    ['an offer of versions', long(0xc0, 0), undefined],
    ['a short head', Buffer.concat([Buffer.from([0x40]), Buffer.alloc(40)]), 'later'],
    ['a short head without the fixed bit', Buffer.alloc(40), undefined],
  ]
  for (const [says, packet, kind] of cases) assert.equal(readPacket(packet)?.kind, kind, says)
})

test('an offer of versions is shorter than what it answers, and turns the ids round', () => {
  const offer = versionOffer(Buffer.from('aa', 'hex'), Buffer.from('bbcc', 'hex'), 0xff)
  assert.equal(offer.toString('hex'), 'ff0000000002bbcc01aa00000001')
})

test('the name that a client asks for is read from its first packets', async () => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const client = new Client(socket.address().port, 'api.example.test')
  const [packet] = (await once(socket, 'message')) as [Buffer]
  const read = readPacket(packet)
  assert.equal(read?.kind, 'initial')
  const hello = new ClientHello(read.kind === 'initial' ? read.destination : id)
  assert.deepEqual(hello.take(packet), { name: 'api.example.test' })
  const tampered = Buffer.from(packet)
  tampered[600]! ^= 1
  assert.equal(new ClientHello(id).take(tampered), undefined)
  socket.close()
  await client.close()
})

test('a certificate is for its name, then for all beside it, then for anybody', () => {
  const all = [{ names: ['a.test'] }, { names: ['*.b.test'] }, { names: ['x.b.test'] }]
  const cases: [name: string | undefined, at: number][] = [
    ['a.test', 0],
    ['x.b.test', 2],
    ['y.b.test', 1],
    ['z.y.b.test', 0],
    ['other', 0],
    [undefined, 0],
  ]
  for (const [name, at] of cases) assert.equal(certificateFor(name, all), at, String(name))
})

test('a key lies in a file that is ours alone, and nowhere where somebody else put one', async () => {
  const path = join(tmpdir(), `http3_${process.pid}_key.pem`)
  await withKeyFile(() => assert.equal(statSync(path).mode & 0o777, 0o600))
  assert.equal(existsSync(path), false)
  writeFileSync(path, 'left over')
  await withKeyFile(() => assert.equal(statSync(path).size, 0))
  rmSync(path, { force: true })
})
