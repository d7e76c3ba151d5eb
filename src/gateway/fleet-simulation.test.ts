// A fleet through seeded lives: workers that come late or never, end, hang and refuse at any moment,
// while settings are applied, several at once, and while it drains and closes.
// `FLEET_CASES=20000 FLEET_SEED=7 node --test src/gateway/fleet-simulation.test.ts` is the long form.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundleOf } from '../../test/gateway.ts'
import { startFleet } from './fleet.ts'
import { Machine, type SimulatedThread } from './fleet-simulation.ts'
import type { Applied, Gateway, GatewaySettings } from './gateway-types.ts'

const cases = Number(process.env['FLEET_CASES'] ?? 100)
const firstSeed = Number(process.env['FLEET_SEED'] ?? 1)

const contract = `
openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes: { get: { operationId: read, responses: { '200': { description: ok } } } }
`
const bundle = bundleOf({ contract, config: 'audience: internal\n', to: ['http://127.0.0.1:1'] })

const workersMax = 3

const placeAt = (port: number) => ({ host: '127.0.0.1', port })
const listeners = [
  [placeAt(1000)],
  [placeAt(2000)],
  [placeAt(3000)],
  [placeAt(2000), placeAt(1000)],
  [placeAt(1000), placeAt(3000), placeAt(2000)],
]

/** The longest that is asked for, and the last lines of logs. */
const closeMsMax = 15_000
/** In it late workers, silent ones and repeated starts have come to their end. */
const restMs = 45_000

/** Every callback that is due now. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

class Life {
  readonly #machine: Machine
  readonly #bugs: unknown[] = []
  readonly #applies: Outcome<void>[] = []
  #settings: GatewaySettings
  #gateway: Gateway | undefined
  #closed: Outcome<void> | undefined
  #died: string | undefined

  constructor(seed: number) {
    this.#machine = new Machine(seed)
    this.#settings = this.#freshSettings()
  }

  #freshSettings(): GatewaySettings {
    const { pick } = this.#machine
    const from = <T>(these: readonly T[]): T => pick.call(this.#machine, these) as T
    return {
      bundle: bundle.slice(),
      listen: from([[placeAt(1000)], [placeAt(1000), placeAt(2000)]]),
      log: { access: 'off', redact: [] },
      workers: from([1, 1, 2, workersMax]),
    }
  }

  async run(): Promise<void> {
    await this.#start()
    if (this.#gateway === undefined) return this.#nothingIsLeft()
    for (let turn = 0; turn < 80; turn++) await this.#turn()
    await this.#rest()
    this.#holds()
    await this.#end()
  }

  async #start(): Promise<void> {
    const machine = this.#machine
    const { clock, spawn, takePort } = machine
    const bug = (error: unknown) => this.#bugs.push(error)
    const program = new URL('file:///worker.js')
    const tools = { clock, bug, warn() {}, program, spawn, takePort }
    const starts = outcomeOf(startFleet(this.#settings, tools))
    for (let i = 0; starts.outcome === undefined; i++) {
      await settled()
      if (!machine.step() || machine.happens(0.1)) machine.advance(1_000)
      if (machine.happens(0.03)) machine.harm()
      assert.ok(i < 1_000, 'a start comes to an end')
    }
    if (!('problem' in starts.outcome)) this.#gateway = starts.outcome
    void this.#gateway?.died.then((why) => (this.#died = why))
  }

  async #turn(): Promise<void> {
    const machine = this.#machine
    const kind = machine.random()
    if (kind < 0.05) machine.harm()
    else if (kind < 0.15) this.#applies.push(outcomeOf(this.#apply()))
    else if (kind < 0.2) machine.advance(machine.pick([10, 250, 2_500, 40_000]))
    else if (kind < 0.202) this.#gateway!.drain()
    else if (kind < 0.205) this.#close()
    else machine.step()
    await settled()
    this.#checkNow()
  }

  async #apply(): Promise<void> {
    const machine = this.#machine
    const next = this.#changed()
    if (machine.happens(0.1)) machine.bad.add(next.bundle)
    this.#applied(next, await this.#gateway!.apply(next))
  }

  /** Of what may change, something. */
  #changed(): GatewaySettings {
    const machine = this.#machine
    const next = { ...this.#settings, bundle: bundle.slice() }
    const kind = machine.random()
    if (kind < 0.6) return next
    if (kind < 0.8) return { ...next, workers: machine.pick([1, 2, workersMax]) }
    if (kind < 0.9) return { ...next, log: { access: 'off', redact: [String(kind)] } }
    return { ...next, listen: machine.pick(listeners) }
  }

  #applied(next: GatewaySettings, outcome: Applied): void {
    if (outcome !== undefined) return
    assert.ok(!this.#machine.bad.has(next.bundle), 'a bad bundle is refused')
    this.#settings = next
    if (this.#closed !== undefined) return
    for (const thread of this.#accepting()) this.#runsBy(thread, next)
  }

  #accepting(): SimulatedThread[] {
    return this.#machine.living.filter(
      ({ at, isLeaving, servers }) => at === 'ready' && !isLeaving && servers.size > 0,
    )
  }

  #runsBy(thread: SimulatedThread, settings: GatewaySettings): void {
    assert.ok(thread.bundle === settings.bundle, 'one bundle is in force')
    assert.deepEqual(thread.data.log, settings.log, 'a worker logs as it is set')
    for (const [listener, { port }] of settings.listen.entries()) {
      const servers = thread.serversOf(listener)
      assert.ok(
        servers.every((one) => one.port.port === port),
        'a worker listens where it is set',
      )
    }
  }

  #checkNow(): void {
    const numbers = this.#machine.living
      .filter(({ at, isTerminated }) => at !== 'ending' && !isTerminated)
      .map(({ data }) => data.thread)
    assert.equal(new Set(numbers).size, numbers.length, 'no two workers have one number')
    if (this.#died !== undefined) assert.equal(this.#serving(), 0, 'who serves has not died')
  }

  #serving(): number {
    const { workers } = this.#gateway!.ready().details as { workers: { serving: number } }
    return workers.serving
  }

  #close(): void {
    if (this.#closed !== undefined) return
    const timeoutMs = this.#machine.pick([0, 1_000, 10_000])
    this.#closed = outcomeOf(this.#gateway!.close(timeoutMs))
  }

  /** No more harm. */
  async #rest(): Promise<void> {
    this.#machine.isRough = false
    await this.#pass(restMs)
    for (const one of this.#applies) one.isOver('an apply comes to an end')
  }

  /** Everything that can happens, and time passes. */
  async #pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs <= ms; passedMs += 2_500) {
      do await settled()
      while (this.#machine.step())
      this.#machine.advance(2_500)
    }
    await settled()
  }

  #holds(): void {
    if (this.#closed !== undefined || this.#died !== undefined) return
    const { ports } = this.#machine
    const { workers, listen } = this.#settings
    assert.equal(this.#serving(), workers, 'there are as many workers as wanted')
    const accepting = this.#accepting()
    assert.equal(accepting.length, workers, 'every worker accepts')
    const others = this.#machine.living.filter((thread) => !accepting.includes(thread))
    assert.ok(
      others.every(({ isLeaving }) => isLeaving),
      'nobody is forgotten',
    )
    assert.ok(others.length <= workersMax, 'those of one renewal may take their time')
    for (const thread of accepting) {
      this.#runsBy(thread, this.#settings)
      const isEverywhere = listen.every((_, listener) => thread.serversOf(listener).length > 0)
      assert.ok(isEverywhere, 'a worker listens wherever it is set')
    }
    const open = ports.filter(({ isOpen }) => isOpen).map(({ port }) => port)
    const wanted = listen.map(({ port }) => port)
    assert.deepEqual(open.toSorted(), wanted.toSorted(), 'the ports that are set are held alone')
    assert.deepEqual(this.#gateway!.ports, wanted)
    for (const { servers } of ports) {
      for (const { at } of servers) {
        assert.ok(at === 'listening' || at === 'closed', `a server is left ${at}`)
      }
    }
  }

  async #end(): Promise<void> {
    this.#close()
    await this.#pass(closeMsMax)
    this.#closed!.isOver('a close comes to an end')
    this.#nothingIsLeft()
  }

  #nothingIsLeft(): void {
    const { living, ports } = this.#machine
    assert.deepEqual(this.#bugs, [])
    assert.deepEqual(
      living.map(({ at }) => at),
      [],
      'every worker has ended',
    )
    assert.deepEqual(
      ports.filter(({ isOpen }) => isOpen).map(({ port }) => port),
      [],
      'no port is held',
    )
    for (const { servers } of ports) {
      for (const { at } of servers) assert.equal(at, 'closed', 'no server is left')
    }
  }
}

interface Outcome<T> {
  outcome: T | undefined
  /** Fails where it is not, or failed. */
  isOver(says: string): void
}

/** What comes of a promise, for who does not wait. */
function outcomeOf<T>(promise: Promise<T>): Outcome<T> {
  let state = 'under way'
  const seen: Outcome<T> = {
    outcome: undefined,
    isOver: (says) => assert.equal(state, 'over', `${says}: ${state}`),
  }
  const watch = async () => {
    try {
      seen.outcome = await promise
      state = 'over'
    } catch (error) {
      state = String(error)
    }
  }
  void watch()
  return seen
}

async function play(seed: number): Promise<void> {
  const unhandled: unknown[] = []
  const hear = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', hear)
  try {
    await new Life(seed).run()
    await settled()
    assert.deepEqual(unhandled, [], 'nothing is thrown unheard')
  } finally {
    process.off('unhandledRejection', hear)
  }
}

test(`${cases} seeded lives lose no worker, no listening server and no order`, async () => {
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
    try {
      await play(seed)
    } catch (error) {
      throw new Error(`seed ${seed}: FLEET_SEED=${seed} FLEET_CASES=1`, { cause: error })
    }
  }
})
