// Long bodies in both directions, each with its hash, to see that they arrive whole.
import { createHash } from 'node:crypto'
import { type Random, seededRandom } from '../../src/base.ts'
import { chunkOf, type Client, request } from './client.ts'
import { hashBytes } from './service.ts'

const octets = 'Content-Type: application/octet-stream'

/** Pieces that look like nothing else, cut at random from one block of noise. */
export function noise(seed: number): (bytes: number) => Buffer {
  const random = seededRandom(seed)
  const block = Buffer.from(Array.from({ length: 256 * 1024 }, () => random() * 256))
  return (bytes) => {
    const at = Math.floor(random() * (block.length - bytes))
    return block.subarray(at, at + bytes)
  }
}

export interface Transferred {
  readonly bytes: number
  /** What was wrong with it; undefined: it came whole. */
  readonly wrong: string | undefined
  readonly status: number
}

/** Takes a download to its end; the last bytes of the body are the hash of all before them. */
export async function download(
  client: Client,
  id: string,
  folder = '/files',
): Promise<Transferred> {
  const hash = createHash('sha256')
  let bytes = 0
  let tail: Buffer = Buffer.alloc(0)
  const reply = await client.ask(request(`GET ${folder}/${id}`), (piece) => {
    bytes += piece.length
    const both = tail.length === 0 ? Buffer.from(piece) : Buffer.concat([tail, piece])
    hash.update(both.subarray(0, Math.max(0, both.length - hashBytes)))
    tail = Buffer.from(both.subarray(Math.max(0, both.length - hashBytes)))
  })
  const wrong =
    reply.status !== 200
      ? `a download answered ${reply.status}`
      : hash.digest().equals(tail)
        ? undefined
        : `a download of ${bytes} bytes came changed`
  return { bytes, wrong, status: reply.status }
}

/** Sends pieces in chunks to their end; the reply says what the service was given. */
export async function upload(
  client: Client,
  id: string,
  pieces: AsyncIterable<Buffer>,
): Promise<Transferred> {
  const hash = createHash('sha256')
  const replied = client.ask(request(`PUT /files/${id}`, [octets, 'Transfer-Encoding: chunked']))
  let isOver = false
  const settle = () => {
    isOver = true
  }
  replied.then(settle, settle)
  let bytes = 0
  for await (const piece of pieces) {
    if (isOver) break
    hash.update(piece)
    bytes += piece.length
    await client.send(chunkOf(piece))
  }
  await client.send(chunkOf(Buffer.alloc(0)))
  const reply = await replied
  const wrong =
    reply.status !== 200
      ? `an upload answered ${reply.status}`
      : JSON.parse(reply.body.toString()).sha256 === hash.digest('hex')
        ? undefined
        : `an upload of ${bytes} bytes came changed`
  return { bytes, wrong, status: reply.status }
}

/** So many bytes in pieces of random sizes, as fast as they are taken. */
export async function* piecesOf(
  bytes: number,
  take: (bytes: number) => Buffer,
  random: Random,
  pieceBytesMax = 64 * 1024,
): AsyncGenerator<Buffer> {
  for (let left = bytes; left > 0;) {
    const size = Math.min(left, 1 + Math.floor(random() * pieceBytesMax))
    left -= size
    yield take(size)
  }
}
