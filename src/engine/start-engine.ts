// Makes the data plane of the thread that calls: its log opened, its bundle in force. It listens
// where it is told to.
import { Occupancy, type OccupancyShare, stackOf, systemClock } from '../base.ts'
import { createLineWriter, type LineWriter, openSink } from '../telemetry.ts'
import type { Connect, TlsMaterial } from '../wire.ts'
import { Engine, type EngineSetup } from './engine.ts'
import { registryFor, withStandIns } from './registry-for.ts'
import type { SharedMemories } from './shared-states.ts'

export interface LogOptions {
  /** Where each exchange leaves a line: `stdout`, a file by its path, or `off` for nowhere. */
  readonly access: string
  readonly redact: readonly string[]
}

/** Plain data, so that it can be handed to a thread. */
export interface EngineOptions {
  readonly bundle: Uint8Array
  /** For what the bundle's policies remember. */
  readonly states: SharedMemories
  /** Where threads note what they hold; without it this one is alone. */
  readonly occupancy?: OccupancyShare | undefined
  readonly log: LogOptions
  readonly material?: TlsMaterial | undefined
}

export type EngineTold = Pick<EngineSetup, 'announce' | 'shadowed' | 'bug' | 'warn'>

/** What a host program may put in place of the log and the network. */
export interface HostParts {
  readonly lines?: LineWriter | undefined
  readonly connect?: Connect | undefined
  /** Nothing is served: policies that nobody has run may let everything pass. */
  readonly rehearses?: boolean | undefined
}

export async function startEngine(
  { bundle, states, occupancy, log, material }: EngineOptions,
  { announce, shadowed, bug, warn }: EngineTold,
  host: HostParts = {},
): Promise<Engine | { readonly problem: string }> {
  const lines = host.lines ?? (log.access === 'off' ? undefined : await openLines(log.access))
  if (lines !== undefined && 'failed' in lines) return { problem: lines.failed }
  const engine = new Engine({
    clock: systemClock,
    random: Math.random,
    lines,
    redact: log.redact,
    occupancy: occupancy && new Occupancy(occupancy),
    connect: host.connect,
    announce,
    shadowed,
    bug,
    warn,
  })
  try {
    if (material !== undefined) engine.prove(material)
    const registry = await registryFor(bundle)
    engine.prepare(bundle, states, host.rehearses === true ? withStandIns(registry) : registry)()
    return engine
  } catch (error) {
    // Code of a custom policy may have thrown, too.
    await engine.close(0)
    return { problem: stackOf(error) }
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
