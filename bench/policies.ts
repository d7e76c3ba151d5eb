// What each policy costs: the contract case with and without it, toggled inside one process and
// paired, so that what the machine does between two pairs does not count.
import { join } from 'node:path'
import { provesToRelay } from './ask.ts'
import { allPolicies, cases } from './cases.ts'
import type { Case } from './cases.ts'
import type { Effort } from './alternate.ts'
import { requestsIn, saturate } from './measure.ts'
import { gatewayCore, start } from './processes.ts'
import type { Started } from './processes.ts'
import { writeConfiguration } from './servers.ts'
import { interval95 } from './stats.ts'
import type { Interval } from './stats.ts'
import type { Ready } from './toggle.ts'

export interface PolicyCost {
  readonly name: string
  /** CPU microseconds of the gateway for each request, with less without, pair by pair. */
  readonly costUs: Interval
}

interface Toggle {
  readonly name: string
  /** The configuration of the contract case but for this. */
  readonly with?: object
  readonly without: object
}

const bound = { userToken: 'upstream', serviceKey: 'upstream' }
const policiesBut = (own: object): object => ({ policies: { ...allPolicies, ...own } })

const custom = { customPolicies: [join(import.meta.dirname, 'empty.ts')] }

const toggles: readonly Toggle[] = [
  { name: 'validation', without: policiesBut({ validation: { mode: 'off' } }) },
  { name: 'auth', without: policiesBut({ auth: { schemes: bound, mode: 'off' } }) },
  { name: 'limit', without: policiesBut({ limit: { mode: 'off' } }) },
  { name: 'secure-headers', without: policiesBut({ 'secure-headers': { mode: 'off' } }) },
  {
    name: 'custom (empty)',
    with: { ...custom, ...policiesBut({ empty: {} }) },
    without: {},
  },
  { name: 'access log', with: { log: { access: 'stdout' } }, without: { log: { access: 'off' } } },
]

const warmUpSeconds = 2
const secondsEach = 1
/** Fifteen pairs where a comparison takes nine rounds. */
const pairsPerRound = 15 / 9

export async function policyCosts(upstreamPort: number, effort: Effort): Promise<PolicyCost[]> {
  const base = cases.find(({ name }) => name === 'contract')
  if (base === undefined) throw new Error('there is a case named contract')
  const costs: PolicyCost[] = []
  for (const toggle of toggles) costs.push(await costOf(toggle, base, upstreamPort, effort))
  return costs
}

async function costOf(
  toggle: Toggle,
  base: Case,
  upstreamPort: number,
  effort: Effort,
): Promise<PolicyCost> {
  const gateway = await startToggled(toggle, base, upstreamPort, effort.folder)
  for (const which of [0, 1] as const) {
    effort.progress(`policies: ${toggle.name}, warming up`)
    await gateway.cpuUs(which, warmUpSeconds)
    await provesToRelay(toggle.name, gateway.ports[which] ?? 0, upstreamPort, base.requests)
  }
  const pairs = Math.ceil(effort.rounds * pairsPerRound)
  const differences: number[] = []
  for (let pair = 1; pair <= pairs; pair += 1) {
    effort.progress(`policies: ${toggle.name}, pair ${pair} of ${pairs}`)
    differences.push(await difference(pair, (which) => gateway.cpuUs(which, secondsEach)))
  }
  await gateway.stop()
  return { name: toggle.name, costUs: interval95(differences) }
}

interface Toggled extends Ready {
  /** CPU for each request without the policy (0) or with it (1). */
  readonly cpuUs: (which: 0 | 1, seconds: number) => Promise<number>
  readonly stop: () => Promise<void>
}

async function startToggled(
  toggle: Toggle,
  base: Case,
  upstreamPort: number,
  folder: string,
): Promise<Toggled> {
  const configs = [toggle.without, toggle.with ?? {}].map((own) =>
    writeConfiguration(folder, { ...base, config: { ...base.config, ...own } }),
  )
  const script = join(import.meta.dirname, 'toggle.ts')
  const args = [script, ...configs, `http://127.0.0.1:${upstreamPort}`]
  const started = start(process.execPath, args, {
    core: gatewayCore,
    channel: true,
    env: { XDG_CACHE_HOME: folder },
  })
  const { ports } = (await heard(started)) as Ready
  const requestsFile = requestsIn(folder, 'policies', base.requests)
  const cpuUs = async (which: 0 | 1, seconds: number): Promise<number> => {
    started.child.send(which)
    await heard(started)
    const server = { name: toggle.name, port: ports[which] ?? 0, started }
    return (await saturate(server, requestsFile, seconds)).cpuUs
  }
  return { ports, cpuUs, stop: started.stop }
}

/** Every other pair the other way round, so that a drift of the machine cancels out. */
async function difference(pair: number, cpuUs: (which: 0 | 1) => Promise<number>): Promise<number> {
  const first = pair % 2 === 0 ? 0 : 1
  const one = await cpuUs(first)
  const other = await cpuUs(first === 0 ? 1 : 0)
  return first === 0 ? other - one : one - other
}

function heard({ child, said }: Started): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`the gateway ended: ${said()}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}
