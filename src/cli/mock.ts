// `concordat mock`: the whole gateway in front of a service that is not there. What a consumer
// tries against it is what he will meet: the same validation, policies, refusals and log.
import type { Documents } from '../base.ts'
import { loadContract } from '../control.ts'
import { type Contract, readContract } from '../contract.ts'
import { createMock, type Mock, noLatency, readLatency } from '../mock.ts'
import { sayError, sayWarning } from './build.ts'
import { type MockService, startMockService } from './mock-service.ts'
import { type Behind, runBuilt } from './run.ts'
import type { Source, SourceOptions } from './source.ts'
import type { ExitCode, World } from './world.ts'

export interface MockOptions extends SourceOptions {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly adminPort?: number | undefined
  readonly watch?: boolean
  /** The same seed answers the same. */
  readonly seed: number
  /** As written: `100`, `50..200`, `p50=20,p99=400`. */
  readonly latency?: string | undefined
  /** Share of replies that fail, from 0 to 1. */
  readonly faults: number
  readonly stateless?: boolean
}

export async function mock(options: MockOptions, world: World): Promise<ExitCode> {
  const latency = options.latency === undefined ? noLatency : readLatency(options.latency)
  if (latency === undefined) {
    sayError(world, '--latency is milliseconds: 100, 50..200 or p50=20,p99=400')
    return 2
  }
  const service = await startMockService((error) => sayError(world, error))
  try {
    const { host, port, adminPort = 0 } = options
    const overrides = { to: [], standIn: service.url, host, port, adminPort, workers: 0 }
    const behind = mockBehind(service, { ...options, latency }, world)
    // The service's port is another at each start, so what is built is never found again.
    const uncached = { ...world, env: { ...world.env, CONCORDAT_CACHE: 'off' } }
    return await runBuilt(options, overrides, uncached, behind)
  } finally {
    await service.close()
  }
}

type Settings = Omit<MockOptions, 'latency'> & { latency: typeof noLatency }

function mockBehind(service: MockService, settings: Settings, world: World): Behind {
  const { seed, latency, faults, stateless = false } = settings
  let mocked: Mock | undefined
  let isOpen = true
  let read = ''
  const made = (contract: Contract, documents: Documents) =>
    createMock({
      contract,
      documents,
      seed,
      latency,
      faults,
      isStateful: !stateless,
      nowMs: Date.now,
    })
  return {
    async follow(source) {
      const documents = await loadContract(loadOptions(source))
      // What was created survives what does not concern it.
      const text = JSON.stringify([...(documents?.values ?? [])])
      if (documents === undefined || text === read) return
      read = text
      const contract = readContract(documents)
      isOpen = contract.operations.every(({ security }) => security.length === 0)
      mocked = made(contract, documents)
      for (const problem of mocked.problems) sayWarning(world, problem)
      service.answerWith(mocked)
    },
    facts: () => [['mock', factText(settings, mocked)], ...(isOpen ? [] : [credentialFact])],
    json: () => ({ mock: { seed, faults, resources: mocked?.resources ?? [] } }),
  }
}

const loadOptions = ({ contractFile, configFile, overlays, allowRef }: Source) => {
  // Who serves a configuration has to run what it is.
  return { contractFile, configFile, overlays, allowRef, to: [], trust: true }
}

const credentialFact = ['', 'it judges no credential: any will do where one must be there']

function factText({ seed, faults }: Settings, mocked: Mock | undefined): string {
  const kept = mocked?.resources ?? []
  return [
    `seed ${seed}`,
    kept.length === 0 ? 'stateless' : `keeps ${listedShort(kept)}`,
    ...(faults === 0 ? [] : [`fails ${Math.round(faults * 100)} in 100`]),
  ].join(', ')
}

const namesShown = 6

function listedShort(names: readonly string[]): string {
  const shown = names.slice(0, namesShown).join(', ')
  const more = names.length - namesShown
  return more > 0 ? `${shown} and ${more} more` : shown
}
