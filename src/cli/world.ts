// What a command may touch of the outside: two streams, a folder, the environment and the wish to
// stop. A test hands in its own.
import { isatty } from 'node:tty'
import { type Prompts, terminalPrompts } from './prompts.ts'
import { processTerminal, type Terminal } from './terminal.ts'

export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

export interface World {
  /** Results: what a program would read. */
  readonly out: Output
  /** What is said to a person meanwhile: progress, problems. */
  readonly err: Output
  /** What is piped in; asked for once. */
  readonly stdin?: (() => AsyncIterable<Uint8Array>) | undefined
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The screen and the keys, where there is somebody at them. */
  readonly terminal?: Terminal | undefined
  /** Somebody who can be asked, where there is one; the signal takes a question back. */
  readonly prompts?: ((signal: AbortSignal) => Promise<Prompts>) | undefined
  /** Calls `stop` once when somebody asks the process to end. */
  readonly onStop: (stop: (signal: StopSignal) => void) => void
  /** Calls `reload` whenever somebody asks for what is written to be put in force (SIGHUP). */
  readonly onReload: (reload: () => void) => void
}

/** SIGINT comes from a person at a terminal, SIGTERM from what runs us. */
export type StopSignal = 'SIGINT' | 'SIGTERM'

/** 0: done. 1: refused, or it failed. 2: not understood. */
export type ExitCode = 0 | 1 | 2

/** The process that we are. */
export function processWorld(): World {
  // A reader that closes early (`| head`) has what it wanted.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
  // That nobody listens any more is no reason to serve no more.
  process.stderr.on('error', () => {})
  return {
    out: process.stdout,
    err: process.stderr,
    stdin: () => process.stdin,
    cwd: process.cwd(),
    env: process.env,
    terminal: processTerminal(),
    // Asked of the descriptor: to touch `stdin` is to open it.
    prompts: isatty(0) && process.stderr.isTTY ? terminalPrompts : undefined,
    onStop: stopOnSignal,
    onReload: reloadOnSignal,
  }
}

// A child of an older Node gets a Ctrl-C twice, from the terminal and from its parent.
const sameWishMs = 500

/** The first signal asks to end in good order; who asks again does not want to wait. */
function stopOnSignal(stop: (signal: StopSignal) => void): void {
  let askedMs: number | undefined
  const asked = (signal: StopSignal) => {
    const nowMs = performance.now()
    if (askedMs === undefined) stop(signal)
    else if (nowMs - askedMs > sameWishMs) force()
    askedMs ??= nowMs
  }
  const force = () => {
    // The exit waits for threads, which wait for their disks: whoever asks once more ends that too.
    process.off('SIGINT', asked).off('SIGTERM', asked)
    process.exit(1)
  }
  process.on('SIGINT', asked)
  process.on('SIGTERM', asked)
  // A terminal that was closed sends SIGHUP as well: by this we know that it meant the end.
  if (process.stderr.isTTY) process.stderr.once('error', () => asked('SIGINT'))
}

function reloadOnSignal(reload: () => void): void {
  // There it means that the console was closed, and the process ends whatever it does.
  if (process.platform !== 'win32') process.on('SIGHUP', reload)
}
