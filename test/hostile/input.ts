// One hostile input, and how the usual ones are made.
export interface HostileInput {
  readonly name: string
  /** Who sends it; what an upstream sends is the reply to a plain GET. */
  readonly from?: 'upstream'
  /** Of the plain GET. */
  readonly path?: string
  /** Where connections begin with a PROXY header. */
  readonly door?: 'announced'
  /** The bytes, in the pieces in which they arrive. */
  readonly pieces: readonly Buffer[]
  /** Statuses that may answer it; 0: no reply, the connection ends. */
  readonly statuses: readonly number[]
}

/** What is asked of an upstream that plays a script. */
export const plainRequest = (path = '/things/a'): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`

const pieceBytes = 64 * 1024

/** As the kernel hands them over. */
export function inReads(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes)
    pieces.push(bytes.subarray(at, at + pieceBytes))
  return pieces
}

export function post(
  name: string,
  path: string,
  body: string | Buffer,
  statuses: readonly number[],
  type = 'application/json',
): HostileInput {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n\r\n`
  return { name, statuses, pieces: inReads(Buffer.concat([Buffer.from(head), bytes])) }
}
