// Where log lines go: standard output, or a file that is only ever appended to, so that a log
// rotation that copies and truncates loses nothing. Not pure: it owns a file descriptor.
import { close, open, write } from 'node:fs'
import type { Clock } from '../base.ts'

export interface Sink {
  write(text: string, done: (error?: Error) => void): void
  /** After the last write. */
  close(): Promise<void>
}

const stdoutFd = 1
const fileMode = 0o640
// A pipe that somebody set to non-blocking says "again" when it is full.
const againMs = 10

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
  return {
    write: (text, done) => writeAll(fd, Buffer.from(text), 0, clock, done),
    close: closeFd,
  }
}

function writeAll(
  fd: number,
  bytes: Buffer,
  from: number,
  clock: Clock,
  done: (error?: Error) => void,
): void {
  write(fd, bytes, from, bytes.length - from, null, (error, written) => {
    if (error?.code === 'EAGAIN') {
      clock.after(againMs, () => writeAll(fd, bytes, from, clock, done))
    } else if (error !== null) {
      done(error)
    } else if (from + written < bytes.length) {
      writeAll(fd, bytes, from + written, clock, done)
    } else {
      done()
    }
  })
}

function opened(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'a', fileMode, (error, fd) => (error === null ? resolve(fd) : reject(error)))
  })
}

function closed(fd: number): Promise<void> {
  return new Promise((resolve) => {
    close(fd, () => resolve())
  })
}
