// Floods of handshakes, and of what is none.
import { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import type { Arena } from './arena.ts'
import { Attacker } from './attacker.ts'
import type { Flood } from './flood.ts'
import { asks, headers, many, opening } from './http2.ts'

/** The first record of a client of our own. */
function helloFor(servername: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const mute = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(Buffer.from(chunk))
        done()
      },
    })
    connect({ socket: mute, servername, ALPNProtocols: ['h2'] }).on('error', () => {})
  })
}

const hello = await helloFor('localhost')

/** The same, with other bytes in place of some: the lengths stay. */
const helloWith = (from: string, to: string): Buffer =>
  Buffer.from(hello.toString('latin1').replaceAll(from, to), 'latin1')

const record = (type: number, payload: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(payload as string, 'latin1')
  return Buffer.concat([Buffer.from([type, 3, 3, bytes.length >> 8, bytes.length & 0xff]), bytes])
}

/** From so many connections at once; each is told the same. */
const crowd = (
  name: string,
  count: number,
  ends: RegExp,
  act: (attacker: Attacker) => Promise<void>,
  isSlow = false,
): Flood => ({
  name: `TLS: ${name}`,
  ends,
  isSlow,
  async attack({ tlsPort }: Arena) {
    const one = async () => {
      const attacker = new Attacker({ port: tlsPort })
      await act(attacker)
      await attacker.closed()
      return toldOf(attacker)
    }
    const told = await Promise.all(Array.from({ length: count }, one))
    return [...new Set(told)].join(', ')
  },
})

/** An alert in clear says why; what is answered at all is a hello of the server. */
function toldOf({ first }: Attacker): string {
  if (first === '') return 'cut'
  if (first.startsWith('HTTP/1.1')) return first.split('\r\n', 1)[0]!
  if (first.charCodeAt(0) === 0x15) return `alert ${first.charCodeAt(6)}`
  return first.charCodeAt(0) === 0x16 ? 'handshake' : 'data'
}

const once = (bytes: Uint8Array | string) => async (attacker: Attacker) => attacker.say(bytes)

export const tlsFloods: readonly Flood[] = [
  crowd('300 hellos at once, left open', 300, /^handshake$/, once(hello), true),
  crowd('300 hellos at once, cut behind', 300, /./, async (attacker) => {
    attacker.say(hello)
    await attacker.until(() => attacker.receivedBytes > 0)
    attacker.leave()
  }),
  crowd('300 half hellos, held open', 300, /^cut$/, once(hello.subarray(0, 100)), true),
  crowd('300 connections that say nothing', 300, /^cut$/, async () => {}, true),
  crowd(
    'hellos byte by byte',
    20,
    /^cut$/,
    (attacker) => attacker.drip(50, (round) => hello.subarray(round % 500, (round % 500) + 1)),
    true,
  ),
  crowd('garbage', 100, /^cut$/, (attacker) => attacker.flood(() => Buffer.alloc(16_384, 0xff))),
  crowd(
    'garbage in records',
    100,
    /^(alert \d+|cut)(, (alert \d+|cut))*$/,
    once(record(0x16, 'x'.repeat(16_000))),
  ),
  crowd('a hello beyond its bound', 20, /^cut$/, once(record(0x16, '\0'.repeat(0xffff)))),
  crowd('garbage behind a hello', 50, /./, (attacker) => {
    attacker.say(hello)
    return attacker.flood(() => record(0x17, 'x'.repeat(1_000)))
  }),
  crowd('10,000 records of a byte, a hello among them', 5, /./, async (attacker) => {
    const parts = Array.from(hello.subarray(5), (byte) => record(0x16, Uint8Array.of(byte)))
    attacker.say(Buffer.concat(parts))
    await attacker.flood(() =>
      Buffer.concat(Array.from({ length: 10_000 }, () => record(0x16, '\0'))),
    )
  }),
  crowd('empty records', 20, /./, (attacker) => attacker.flood(() => record(0x16, ''))),
  crowd('alerts', 20, /./, (attacker) => {
    attacker.say(hello)
    return attacker.flood(() =>
      Buffer.concat(Array.from({ length: 1_000 }, () => record(0x15, '\x01\x00'))),
    )
  }),
  crowd('changes of cipher', 20, /./, (attacker) => {
    attacker.say(hello)
    return attacker.flood(() =>
      Buffer.concat(Array.from({ length: 1_000 }, () => record(0x14, '\x01'))),
    )
  }),
  crowd('names that are none (SNI)', 100, /./, once(helloWith('localhost', '\0/../%00 ')), true),
  crowd(
    'protocols that are none (ALPN)',
    100,
    /^alert 120$/,
    once(helloWith('\x02h2', '\x02\0\xff')),
  ),
  crowd('HTTP in clear', 100, /^HTTP\/1\.1 400/, once('GET /quick HTTP/1.1\r\nHost: a\r\n\r\n')),
  crowd('HTTP/2 in clear', 100, /^HTTP\/1\.1 |^cut/, once(opening)),
  {
    name: 'TLS: 10,000 records of a byte of HTTP/2',
    ends: /data|cut/,
    async attack({ tlsPort }) {
      const attacker = new Attacker({ port: tlsPort, speaks: 'h2' })
      const bytes = opening + many(50, (i) => headers(2 * i + 1, asks('GET', '/quick')))
      for (const byte of Buffer.from(bytes, 'latin1')) attacker.say(Uint8Array.of(byte))
      await attacker.flood(() => '\0')
      return attacker.receivedBytes > 0 ? 'data' : 'cut'
    },
  },
]
