// Runs the command line in this process, with streams that keep what they are given.
import { commandLine } from '../src/cli/main.ts'
import type { ExitCode, World } from '../src/cli/world.ts'

export interface Said {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

export interface TestWorld {
  readonly world: World
  /** What was said so far. */
  said(): { out: string; err: string }
  /** As SIGTERM would. */
  stop(): void
}

export function testWorld(cwd: string, env: World['env'] = {}): TestWorld {
  const out: string[] = []
  const err: string[] = []
  const stops: (() => void)[] = []
  return {
    world: {
      out: { write: (text) => out.push(text) },
      err: { write: (text) => err.push(text) },
      cwd,
      env,
      onStop: (stop) => stops.push(stop),
    },
    said: () => ({ out: out.join(''), err: err.join('') }),
    stop: () => stops.forEach((stop) => stop()),
  }
}

export async function command(args: string[], cwd: string, env: World['env'] = {}): Promise<Said> {
  const one = testWorld(cwd, env)
  const code = await commandLine(args, one.world)
  return { code, ...one.said() }
}
