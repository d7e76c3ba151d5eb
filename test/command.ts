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
  /** Waits until one stream has said this; what was waited for before does not count again. */
  hears(stream: 'out' | 'err', what: RegExp): Promise<RegExpExecArray>
  /** As the signal would; it is a person's where none is named. */
  stop(signal?: StopSignal): void
  /** As SIGHUP would. */
  reload(): void
}

export function testWorld(cwd: string, env: World['env'] = {}): TestWorld {
  const out = new Stream()
  const err = new Stream()
  const stops: ((signal: StopSignal) => void)[] = []
  const reloads: (() => void)[] = []
  return {
    world: {
      out,
      err,
      cwd,
      env,
      onStop: (stop) => stops.push(stop),
      onReload: (reload) => reloads.push(reload),
    },
    said: () => ({ out: out.text, err: err.text }),
    hears: (stream, what) => (stream === 'out' ? out : err).hears(what),
    stop: (signal = 'SIGINT') => stops.forEach((stop) => stop(signal)),
    reload: () => reloads.forEach((reload) => reload()),
  }
}

class Stream {
  text = ''
  #heard = 0
  #written = Promise.withResolvers<void>()

  write(text: string): void {
    this.text += text
    this.#written.resolve()
    this.#written = Promise.withResolvers()
  }

  async hears(what: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = what.exec(this.text.slice(this.#heard))
      if (found !== null) {
        this.#heard += found.index + found[0].length
        return found
      }
      await this.#written.promise
    }
  }
}

export async function command(args: string[], cwd: string, env: World['env'] = {}): Promise<Said> {
  const one = testWorld(cwd, env)
  const code = await commandLine(args, one.world)
  return { code, ...one.said() }
}
