// Starts the data plane in the thread that calls: sinks opened, bundle in force, port taken.
import { systemClock, version } from '../base.ts'
import { createLineWriter, openSink, watchProcess } from '../telemetry.ts'
import { Engine } from './engine.ts'
import { listenProblem } from './listen-problem.ts'

/** Plain data, so that it can be handed to a thread. */
export interface EngineOptions {
  readonly bundle: Uint8Array
  readonly listen: { readonly host: string; readonly port: number }
  readonly log: {
    /** Whether each exchange leaves a line on standard output. */
    readonly access: boolean
    readonly redact: readonly string[]
  }
}

export async function startEngine(
  { bundle, listen, log }: EngineOptions,
  bug: (error: unknown) => void,
): Promise<Engine | { readonly problem: string }> {
  const sink = log.access ? await openSink('stdout', systemClock) : undefined
  if (sink !== undefined && 'failed' in sink) return { problem: sink.failed }
  const write = sink === undefined ? undefined : sink.write.bind(sink)
  const lines = write === undefined ? undefined : createLineWriter({ write, clock: systemClock })
  const engine = new Engine({
    clock: systemClock,
    random: Math.random,
    version,
    lines,
    redact: log.redact,
    watch: watchProcess(),
    bug,
  })
  engine.swap(bundle)
  try {
    await engine.listen(listen.host, listen.port)
    return engine
  } catch (error) {
    await engine.close()
    return { problem: listenProblem('the gateway', listen, error as NodeJS.ErrnoException) }
  }
}
