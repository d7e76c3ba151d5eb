// Runs the command line in this process, with streams that keep what they are given.
import { commandLine } from '../src/cli/main.ts'
import type { ExitCode, StopSignal, World } from '../src/cli/world.ts'

export interface Said {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

export interface TestWorld {
  readonly world: World
  /** What was said so far. */
  said(): { out: string; err: string }
  /** As the signal would; it is a person's where none is named. */
  stop(signal?: StopSignal): void
  /** As SIGHUP would. */
  reload(): void
}

export function testWorld(cwd: string, env: World['env'] = {}): TestWorld {
  const out: string[] = []
  const err: string[] = []
  const stops: ((signal: StopSignal) => void)[] = []
  const reloads: (() => void)[] = []
  return {
    world: {
      out: { write: (text) => out.push(text) },
      err: { write: (text) => err.push(text) },
      cwd,
      env,
      onStop: (stop) => stops.push(stop),
      onReload: (reload) => reloads.push(reload),
    },
    said: () => ({ out: out.join(''), err: err.join('') }),
    stop: (signal = 'SIGINT') => stops.forEach((stop) => stop(signal)),
    reload: () => reloads.forEach((reload) => reload()),
  }
}

export async function command(args: string[], cwd: string, env: World['env'] = {}): Promise<Said> {
  const one = testWorld(cwd, env)
  const code = await commandLine(args, one.world)
  return { code, ...one.said() }
}
