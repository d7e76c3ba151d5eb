// Hostile replies: what a broken or hijacked upstream sends.
import { type HostileInput, inReads } from './input.ts'

const crlf = '\r\n'

export const replies = (): HostileInput[] => [
  reply('a head of 1 MB', `HTTP/1.1 200 OK\r\nX: ${'v'.repeat(1_000_000)}\r\n\r\n`, [502]),
  reply('10,000 fields', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(10_000)}\r\n`, [502]),
  reply(
    '190 fields',
    `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(190)}Content-Length: 0\r\n\r\n`,
    [200],
  ),
  reply('10,000 interim replies', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10_000), [502, 103]),
  reply('64 kB of garbage', 'x'.repeat(65_536), [502]),
  reply('64 kB of CRLF', crlf.repeat(32_768), [502]),
  reply(
    'a reply behind the reply',
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'.repeat(1_000),
    [200],
  ),
  reply(
    '1 MiB in chunks of one byte',
    `${chunkedHead}${'1\r\na\r\n'.repeat(1024 * 1024)}0\r\n\r\n`,
    [200],
  ),
  reply('10,000 trailers', `${chunkedHead}0\r\n${'A: b\r\n'.repeat(10_000)}\r\n`, [200, 502, 0]),
  reply(
    'Connection of 5,000 names',
    `HTTP/1.1 200 OK\r\nConnection: ${'a,'.repeat(5_000)}b\r\nContent-Length: 0\r\n\r\n`,
    [200, 502],
  ),
  reply(
    'Keep-Alive of 60 kB',
    `HTTP/1.1 200 OK\r\nKeep-Alive: ${'timeout='.repeat(7_500)}\r\nContent-Length: 0\r\n\r\n`,
    [200],
  ),
  reply(
    '190 cookies',
    `HTTP/1.1 200 OK\r\n${'Set-Cookie: a=b\r\n'.repeat(190)}Content-Length: 0\r\n\r\n`,
    [200],
  ),
  {
    name: 'reply: a head of 15 kB, byte by byte',
    from: 'upstream',
    statuses: [200],
    pieces: Array.from(
      `HTTP/1.1 200 OK\r\nX: ${'v'.repeat(15_000)}\r\nContent-Length: 0\r\n\r\n`,
      (one) => Buffer.from(one),
    ),
  },
]

const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

function reply(name: string, text: string, statuses: readonly number[]): HostileInput {
  return { name: `reply: ${name}`, from: 'upstream', statuses, pieces: inReads(Buffer.from(text)) }
}
