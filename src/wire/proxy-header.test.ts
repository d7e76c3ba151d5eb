// PROXY headers as hops write them, by table and at random; every one is fed whole and cut at each
// byte, for the verdict must not depend on how it comes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type ClientRoute,
  type End,
  proxyHeader,
  type ProxyReading,
  readProxyHeader,
} from './proxy-header.ts'

const seed = 20_261_120
const bytesMax = 4096
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** What is made of bytes that come one by one, once that is settled. */
function readSlowly(bytes: Buffer): ProxyReading {
  for (let length = 1; length <= bytes.length; length++) {
    const reading = readProxyHeader(bytes, length, bytesMax)
    if (reading.at !== 'partial') return reading
  }
  return { at: 'partial' }
}

/** However it comes, the verdict is one; what is whole ends at the same byte. */
function read(bytes: Buffer): ProxyReading {
  const whole = readProxyHeader(bytes, bytes.length, bytesMax)
  const slow = readSlowly(bytes)
  assert.equal(slow.at, whole.at)
  if (whole.at !== 'refused') assert.deepEqual(slow, whole)
  return whole
}

function binary(command: number, family: number, rest: Buffer, length = rest.length): Buffer {
  const head = Buffer.from([command, family, length >> 8, length & 255])
  return Buffer.concat([signature, head, rest])
}

const short = Buffer.from([192, 0, 2, 1, 198, 51, 100, 2, 0x1f, 0x90, 0x00, 0x50])
const shortRoute: ClientRoute = {
  from: { address: '192.0.2.1', port: 8080 },
  to: { address: '198.51.100.2', port: 80 },
}
const long = Buffer.concat([
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.from('20010db8000000000000000000000002', 'hex'),
  Buffer.from([0xff, 0xff, 0x01, 0xbb]),
])
const longRoute: ClientRoute = {
  from: { address: '2001:db8::1', port: 65_535 },
  to: { address: '2001:db8::2', port: 443 },
}
const tlv = (type: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 255]), value])
const joined = (...parts: Buffer[]): Buffer => Buffer.concat(parts)

const reflect = (value: number, bits: number): number =>
  Number.parseInt(value.toString(2).padStart(bits, '0').split('').toReversed().join(''), 2)

/** Castagnoli's CRC, not as it is computed there: by division, the most significant bit first. */
function crc32c(bytes: Buffer): number {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum = (sum ^ (reflect(byte, 8) << 24)) >>> 0
    for (let bit = 0; bit < 8; bit++) {
      sum = (sum & 0x80000000 ? (sum << 1) ^ 0x1edc6f41 : sum << 1) >>> 0
    }
  }
  return (reflect(sum, 32) ^ 0xffffffff) >>> 0
}

function checked(spoil = 0): Buffer {
  const header = binary(
    0x21,
    0x11,
    joined(short, tlv(0x03, Buffer.alloc(4)), tlv(0x04, Buffer.alloc(9))),
  )
  header.writeUInt32BE((crc32c(header) ^ spoil) >>> 0, 16 + 12 + 3)
  return header
}

const text = (line: string): Buffer => Buffer.from(line, 'latin1')

const taken: readonly [says: string, bytes: Buffer, route: ClientRoute | undefined][] = [
  ['IPv4 in text', text('PROXY TCP4 192.0.2.1 198.51.100.2 8080 80\r\n'), shortRoute],
  ['IPv6 in text', text('PROXY TCP6 2001:DB8::1 2001:db8:0::2 65535 443\r\n'), longRoute],
  ['nobody in particular', text('PROXY UNKNOWN\r\n'), undefined],
  ['nobody, with words', text('PROXY UNKNOWN ffff::1 x 1 2\r\n'), undefined],
  ['nobody, as long as may be', text(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`), undefined],
  ['IPv4 in binary', binary(0x21, 0x11, short), shortRoute],
  ['IPv6 in binary', binary(0x21, 0x21, long), longRoute],
  [
    'TLVs behind',
    binary(0x21, 0x11, joined(short, tlv(0x01, text('h2')), tlv(0xee, text('')))),
    shortRoute,
  ],
  ['a checksum', checked(), shortRoute],
  ['a health check', binary(0x20, 0x00, text('')), undefined],
  ['a health check that speaks of others', binary(0x20, 0x11, short), undefined],
  ['a health check with anything', binary(0x20, 0xff, text('anything')), undefined],
  ['a family that is not said', binary(0x21, 0x00, text('')), undefined],
  ['a client on a Unix socket', binary(0x21, 0x31, Buffer.alloc(216)), undefined],
]

for (const [says, bytes, route] of taken) {
  test(`taken: ${says}`, () => {
    const reading = read(Buffer.concat([bytes, text('GET / HTTP/1.1\r\n')]))
    assert.deepEqual(reading, { at: 'whole', bytes: bytes.length, route })
  })
}

const refused: readonly [says: string, bytes: Buffer][] = [
  ['a request', text('GET / HTTP/1.1\r\n')],
  ['a TLS handshake', Buffer.from([0x16, 0x03, 0x01])],
  ['nothing but a line', text('\r\n\r\n\r\n')],
  ['lower case', text('proxy TCP4 ')],
  ['two spaces', text('PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n')],
  ['a tab', text('PROXY TCP4\t192.0.2.1 192.0.2.2 1 2\r\n')],
  ['a space at the end', text('PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n')],
  ['a port less', text('PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n')],
  ['a port more', text('PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n')],
  ['a bare LF', text('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n')],
  ['a CR within', text('PROXY TCP4 192.0.2.1\r192.0.2.2 1 2\r\n')],
  ['another family', text('PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n')],
  ['UDP', text('PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n')],
  ['IPv6 said to be IPv4', text('PROXY TCP4 ::1 ::2 1 2\r\n')],
  ['IPv4 said to be IPv6', text('PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n')],
  ['an octal address', text('PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n')],
  ['a large octet', text('PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n')],
  ['a short address', text('PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n')],
  ['a name', text('PROXY TCP4 localhost 192.0.2.2 1 2\r\n')],
  ['a zone', text('PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n')],
  ['a large port', text('PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n')],
  ['a port with a zero', text('PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n')],
  ['a signed port', text('PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n')],
  ['a line without end', text(`PROXY UNKNOWN ${'x'.repeat(94)}`)],
  ['a line a byte too long', text(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)],
  ['a NUL in an address', text('PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n')],
  ['version 1 in binary', binary(0x11, 0x11, short)],
  ['version 3', binary(0x31, 0x11, short)],
  ['another command', binary(0x22, 0x11, short)],
  ['datagrams', binary(0x21, 0x12, short)],
  ['an unknown family', binary(0x21, 0x41, short)],
  ['an unknown transport', binary(0x21, 0x10, short)],
  ['addresses cut short', binary(0x21, 0x11, short.subarray(0, 11))],
  ['IPv6 in the room of IPv4', binary(0x21, 0x21, short)],
  ['half of a TLV', binary(0x21, 0x11, joined(short, text('\x04\0')))],
  ['a TLV that goes on behind the end', binary(0x21, 0x11, joined(short, text('\x04\0\x05abcd')))],
  ['a TLV that fills 64 kB', binary(0x21, 0x11, joined(short, text('\x04\xff\xff')))],
  ['a length beyond the bound', binary(0x21, 0x11, short, bytesMax)],
  ['the greatest length', binary(0x20, 0x00, text(''), 0xffff)],
  ['a wrong checksum', checked(1)],
  ['a checksum of three bytes', binary(0x21, 0x11, joined(short, tlv(0x03, text('abc'))))],
  [
    'a second checksum',
    binary(0x21, 0x11, joined(short, tlv(0x03, text('abcd')), tlv(0x03, text('abcd')))),
  ],
]

for (const [says, bytes] of refused) {
  test(`refused: ${says}`, () => {
    const reading = read(bytes)
    assert.equal(reading.at, 'refused', JSON.stringify(reading))
  })
}

const port = fc.integer({ min: 0, max: 65_535 })
const end = fc.oneof(
  fc.record({ address: fc.ipV4(), port }),
  fc.record({ address: fc.ipV6().filter((one) => !one.includes('.')), port }),
)

test('what is written for a route is read as that route', () => {
  fc.assert(
    fc.property(end, end, fc.constantFrom('v1', 'v2'), (from, to, version) => {
      const reading = read(proxyHeader(version, { from, to }))
      assert.ok(reading.at === 'whole' && reading.route !== undefined)
      const again = read(proxyHeader(version, reading.route))
      assert.deepEqual(again, reading)
      assert.deepEqual([reading.route.from.port, reading.route.to.port], [from.port, to.port])
    }),
    { seed, numRuns: 300 },
  )
})

const line = (from: End, to: End): string => String(proxyHeader('v1', { from, to }))

test('a zone stays here, and a mapped address is IPv4', () => {
  const local = { address: 'fe80::1%eth0', port: 1 }
  const mapped = { address: '::ffff:192.0.2.1', port: 2 }
  assert.equal(line(local, local), 'PROXY TCP6 fe80::1 fe80::1 1 1\r\n')
  assert.equal(line(mapped, mapped), 'PROXY TCP4 192.0.2.1 192.0.2.1 2 2\r\n')
  assert.equal(line(mapped, local), 'PROXY TCP6 ::ffff:192.0.2.1 fe80::1 2 1\r\n')
})

test('an end that is no address is nobody in particular, and never in the header', () => {
  const route = { from: { address: 'unknown\r\nX: y', port: 1 }, to: { address: '::1', port: 2 } }
  for (const version of ['v1', 'v2'] as const) {
    const header = proxyHeader(version, route)
    assert.deepEqual(read(header), { at: 'whole', bytes: header.length, route: undefined })
  }
})

const base = fc.constantFrom(...taken.map(([, bytes]) => bytes))
const flips = fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 0, max: 255 })), { maxLength: 4 })

test('whatever is spoilt is judged alike whole and in parts, and never read beyond its end', () => {
  fc.assert(
    fc.property(base, flips, fc.uint8Array({ maxLength: 20 }), (given, spoils, more) => {
      const bytes = Buffer.concat([given, more])
      for (const [at, value] of spoils) bytes[at % bytes.length] = value
      const reading = read(bytes)
      if (reading.at === 'whole') assert.ok(reading.bytes <= bytes.length)
    }),
    { seed, numRuns: 3_000 },
  )
})
