// Starts the data plane in the thread that calls: sinks opened, bundle in force, port taken.
import { systemClock, version } from '../base.ts'
import { createLineWriter, type LineWriter, openSink, watchProcess } from '../telemetry.ts'
import { Engine } from './engine.ts'
import { listenProblem } from './listen-problem.ts'
import type { SharedMemories } from './shared-states.ts'

/** Plain data, so that it can be handed to a thread. */
export interface EngineOptions {
  readonly bundle: Uint8Array
  /** For what the bundle's policies remember. */
  readonly states: SharedMemories
  readonly listen: { readonly host: string; readonly port: number }
  readonly log: {
    /** Where each exchange leaves a line: `stdout`, a file by its path, or `off` for nowhere. */
    readonly access: string
    readonly redact: readonly string[]
  }
}

export async function startEngine(
  { bundle, states, listen, log }: EngineOptions,
  bug: (error: unknown) => void,
): Promise<Engine | { readonly problem: string }> {
  const lines = log.access === 'off' ? undefined : await openLines(log.access)
  if (lines !== undefined && 'failed' in lines) return { problem: lines.failed }
  const engine = new Engine({
    clock: systemClock,
    random: Math.random,
    version,
    lines,
    redact: log.redact,
    watch: watchProcess(),
    bug,
  })
  engine.swap(bundle, states)
  try {
    await engine.listen(listen.host, listen.port)
    return engine
  } catch (error) {
    await engine.close()
    return { problem: listenProblem('the gateway', listen, error as NodeJS.ErrnoException) }
  }
}

async function openLines(access: string): Promise<LineWriter | { readonly failed: string }> {
  const sink = await openSink(access, systemClock)
  if ('failed' in sink) return sink
  const writer = createLineWriter({ write: sink.write, clock: systemClock })
  return {
    ...writer,
    async close() {
      // What waits is written before the file is let go.
      await writer.close()
      await sink.close()
    },
  }
}
