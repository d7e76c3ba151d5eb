// Where log lines go: standard output, or a file that is only ever appended to, so that a log
// rotation that copies and truncates loses nothing. Not pure: it owns a file descriptor.
//
// Several threads write to one of them. A file takes each write whole at its end; of a pipe POSIX
// promises that for pieces up to `PIPE_BUF` alone, so lines go there in pieces that keep to it. That
// costs more: 6 µs a line in place of 3.
import { close, constants, fstatSync, open, write } from 'node:fs'
import type { Clock } from '../base.ts'

export interface Sink {
  write(text: string, done: (error?: Error) => void): void
  /** What is not written by then stays unwritten, and is not told to be done. */
  close(): Promise<void>
}

const stdoutFd = 1
const fileMode = 0o640
// A pipe that somebody set to non-blocking says "again" when it is full.
const againMs = 10
/** `PIPE_BUF` of Linux. */
const atomicBytes = 4_096
const lineEnd = 10

/** `access` is `stdout` or a path. Gives a sentence where the file cannot be opened. */
export async function openSink(access: string, clock: Clock): Promise<Sink | { failed: string }> {
  if (access === 'stdout') return fdSink(stdoutFd, clock, () => Promise.resolve())
  try {
    const fd = await opened(access)
    return fdSink(fd, clock, () => closed(fd))
  } catch (error) {
    return { failed: `the access log ${access} cannot be opened: ${(error as Error).message}` }
  }
}

function fdSink(fd: number, clock: Clock, closeFd: () => Promise<void>): Sink {
  const isPipe = fstatSync(fd).isFIFO()
  const target: Target = { fd, clock, isPipe, isWriting: false, closing: undefined }
  return {
    write: (text, done) => writeAll(target, Buffer.from(text), 0, done),
    close: () => closeFree(target, closeFd),
  }
}

/**
 * Closes it when no write is under way: the number of a descriptor that is closed may be that of a
 * client's connection a moment later. None of ours blocks, so it is not for long.
 */
async function closeFree(target: Target, closeFd: () => Promise<void>): Promise<void> {
  target.closing ??= Promise.withResolvers<void>()
  if (!target.isWriting) target.closing.resolve()
  await target.closing.promise
  await closeFd()
}

interface Target {
  readonly fd: number
  readonly isPipe: boolean
  readonly clock: Clock
  isWriting: boolean
  /** Of whoever waits for the write under way. */
  closing: PromiseWithResolvers<void> | undefined
}

function writeAll(
  target: Target,
  bytes: Buffer,
  from: number,
  done: (error?: Error) => void,
): void {
  const { fd, isPipe, clock } = target
  if (target.closing !== undefined) return
  const end = isPipe ? pieceEnd(bytes, from) : bytes.length
  target.isWriting = true
  write(fd, bytes, from, end - from, null, (error, written) => {
    target.isWriting = false
    target.closing?.resolve()
    if (error?.code === 'EAGAIN') {
      clock.after(againMs, () => writeAll(target, bytes, from, done))
    } else if (error !== null) {
      done(error)
    } else if (from + written < bytes.length) {
      writeAll(target, bytes, from + written, done)
    } else {
      done()
    }
  })
}

/** As many whole lines as another writer cannot get into; a longer line goes as it is. */
function pieceEnd(bytes: Buffer, from: number): number {
  if (bytes.length - from <= atomicBytes) return bytes.length
  const end = bytes.lastIndexOf(lineEnd, from + atomicBytes - 1) + 1
  if (end > from) return end
  const next = bytes.indexOf(lineEnd, from) + 1
  return next > 0 ? next : bytes.length
}

// A named pipe that nobody reads must not hold us: not at its opening, not when it is full, and not
// when the thread shall end, which waits for its writes.
const { O_APPEND, O_CREAT, O_NONBLOCK = 0, O_WRONLY } = constants
const openFlags = O_APPEND | O_CREAT | O_NONBLOCK | O_WRONLY

function opened(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, openFlags, fileMode, (error, fd) => (error === null ? resolve(fd) : reject(error)))
  })
}

function closed(fd: number): Promise<void> {
  return new Promise((resolve) => {
    close(fd, () => resolve())
  })
}
