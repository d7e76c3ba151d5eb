// What is inside a socket of Node: used where it is as we know it, and only there.
import { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'

/** The inside of a socket that we use where it is as we know it. */
export interface Handle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
  /** Of TCP alone. */
  reset?(closed: () => void): number
  /** 0: the kernel took it all. A number: an error. A request: the rest is on its way. */
  writeLatin1String?(request: null, text: string): number | WriteRequest
  writeBuffer?(request: null, bytes: Uint8Array): number | WriteRequest
  /** Later reads go there. */
  useUserBuffer?(bytes: Uint8Array): void
}

export interface WriteRequest {
  oncomplete: (status: number) => void
}

export interface WithHandle {
  _handle?: Handle | null
}

export const handleOf = (socket: Socket): Handle | null | undefined =>
  (socket as unknown as WithHandle)._handle

/** One that is gone may be asked too. */
export const isTcp = (inner: Handle | null | undefined): boolean =>
  inner === undefined || inner === null || inner.reset !== undefined

/** What `writeLatin1String` does without a request is known of this line of Node alone. */
export const knowsHandle = process.versions.node.startsWith('26.')

/** The error that a status below 0 stands for. */
export function systemError(status: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`write ${code}`), { code, errno: status })
}

/** Where a socket keeps what it was made with as `onread`: one over another takes none. */
const bufferKeys = (['kBuffer', 'kBufferCb'] as const).map((name) =>
  Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === name),
)

/** Whether sockets that encrypt can be read and written at their handles. */
export const knowsSecureHandle = knowsHandle && bufferKeys.every((key) => key !== undefined)

/** Has a socket that was made over another read into a buffer; false asks it to pause. */
export function readInto(
  socket: Socket,
  buffer: Buffer,
  callback: (length: number) => boolean,
): void {
  const [bufferKey, callbackKey] = bufferKeys
  Object.assign(socket, { [bufferKey!]: buffer, [callbackKey!]: callback })
  handleOf(socket)?.useUserBuffer?.(buffer)
}
