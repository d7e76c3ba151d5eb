// Hostile PROXY headers: from a hop that is trusted, and whose clients are not.
import { type HostileInput, inReads } from './input.ts'

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const asks = Buffer.from('GET /things/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
const line = 'PROXY TCP4 192.0.2.9 192.0.2.1 4711 80\r\n'
/** The bound, as `contract.ts` sets it for this door. */
export const headerBytesMax = 64 * 1024

export const announced = (): HostileInput[] => [
  at('1 MB of garbage', Buffer.alloc(1_000_000, 0x41), [0]),
  at('1 MB without the end of a line', `PROXY TCP4 ${'1'.repeat(1_000_000)}`, [0]),
  at('a line that says nothing, 1 MB long', `PROXY UNKNOWN ${'x'.repeat(1_000_000)}\r\n`, [0]),
  at('addresses of 100 bytes', `PROXY TCP4 ${'1.'.repeat(40)} 1 1 1\r\n`, [0]),
  at('ports beyond ports', 'PROXY TCP4 192.0.2.9 192.0.2.1 99999 80\r\n', [0]),
  at('addresses of the other family', 'PROXY TCP6 192.0.2.9 192.0.2.1 1 1\r\n', [0]),
  at('a line that ends without CR', line.replace('\r', ''), [0]),
  at('two headers', line + line, [400]),
  at('a header of version 1 behind one of version 2', with2(binary(0x21, 0x11, 12), line), [400]),
  at('1 MB of garbage behind a header', with2(line, 'x'.repeat(1_000_000)), [400, 414, 431]),
  at('a request in place of a header', '', [0]),
  at('no more than the signature', signature, [0]),
  at('a version that nobody knows', Buffer.concat([signature, Buffer.alloc(64, 0x31)]), [0]),
  at('a length beyond the bound', binary(0x21, 0x11, 65_535), [0]),
  at('a length shorter than its addresses', with2(binary(0x21, 0x11, 3), asks), [0]),
  at('datagrams', binary(0x21, 0x12, 12), [0]),
  at('21,000 empty TLVs', with2(filled(), asks), [200]),
  at('a TLV that goes on behind the header', with2(filled(0xff), asks), [0]),
  at('21,000 checksums', with2(filled(0x03), asks), [0]),
  at('one checksum over 64 kB, which is wrong', with2(checked(), asks), [0]),
  at('a hop that speaks for itself for 64 kB', with2(binary(0x20, 0, 65_500), asks), [200]),
  at('an address of nobody', with2(zeroed(0x11, 12), asks), [200]),
  at('an IPv6 address of nobody', with2(zeroed(0x21, 36), asks), [200]),
  slowly('a line', Buffer.concat([Buffer.from(line), asks]), [200]),
  slowly('a line without end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(200)}`), [0]),
  slowly('16 kB of TLVs', with2(filled(0x04, 16 * 1024), asks), [200]),
]

function at(name: string, header: string | Uint8Array, statuses: readonly number[]): HostileInput {
  const bytes = Buffer.concat([Buffer.from(header as string), asks])
  return { name: `PROXY: ${name}`, door: 'announced', statuses, pieces: inReads(bytes) }
}

/** Byte by byte. */
function slowly(name: string, bytes: Buffer, statuses: readonly number[]): HostileInput {
  const pieces = Array.from(bytes, (one) => Buffer.from([one]))
  return { name: `PROXY: ${name}, byte by byte`, door: 'announced', statuses, pieces }
}

function with2(first: string | Uint8Array, second: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(first as string), Buffer.from(second as string)])
}

/** Version 2 with so many bytes of whatever may stand there. */
function binary(command: number, family: number, bytes: number): Buffer {
  const rest = Buffer.alloc(bytes, 1)
  return Buffer.concat([signature, Buffer.from([command, family, bytes >> 8, bytes & 255]), rest])
}

function zeroed(family: number, bytes: number): Buffer {
  return binary(0x21, family, bytes).fill(0, 16)
}

/** Empty TLVs of one type up to the bound; of type 255 the last goes on for longer. */
function filled(type = 0x04, bytes = headerBytesMax - 64): Buffer {
  const header = binary(0x21, 0x11, 12 + Math.floor((bytes - 28) / 3) * 3)
  for (let i = 28; i < header.length; i += 3) header.set([type === 0xff ? 4 : type, 0, 0], i)
  if (type === 0xff) header[header.length - 1] = 9
  return header
}

function checked(): Buffer {
  const header = binary(0x21, 0x11, 12 + 7 + 65_400)
  header.set([0x03, 0, 4, 1, 2, 3, 4, 0x04, (65_400 - 3) >> 8, (65_400 - 3) & 255], 28)
  return header
}
