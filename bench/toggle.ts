// A gateway in this process that swaps between two snapshots when its parent says so: what differs
// is then one policy, not the process. The access log belongs to no snapshot: where it differs, two
// gateways share the process. Started by bench/policies.ts with two configurations and an address.
import { isDeepStrictEqual } from 'node:util'
import { buildSnapshot } from '../src/control.ts'
import type { Built } from '../src/control.ts'
import { startGateway } from '../src/gateway.ts'

export interface Ready {
  /** By configuration; the same twice where snapshots are swapped. */
  readonly ports: readonly number[]
}

const [first = '', second = '', to = ''] = process.argv.slice(2)
const builds = [await build(first), await build(second)] as const
const swaps = isDeepStrictEqual(builds[0].deployment.log, builds[1].deployment.log)
const gateways = await Promise.all((swaps ? builds.slice(0, 1) : builds).map(serve))

process.on('message', (which: 0 | 1) => {
  const swapped = swaps ? gateways[0]?.apply(settingsOf(builds[which])) : undefined
  void Promise.resolve(swapped).then(() => process.send?.(which))
})
process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
const ports = gateways.map(({ port }) => port)
process.send?.({ ports: swaps ? [...ports, ...ports] : ports } satisfies Ready)

async function build(configFile: string): Promise<Built & { snapshot: Uint8Array }> {
  const { snapshot, ...built } = await buildSnapshot({ configFile, to: [to], trust: true })
  if (snapshot === undefined) throw new Error(JSON.stringify(built.problems))
  return { ...built, snapshot }
}

function settingsOf({ snapshot, deployment: { log } }: Built & { snapshot: Uint8Array }) {
  return { bundle: snapshot, listen: [{ host: '127.0.0.1', port: 0 }], workers: 0, log }
}

async function serve(built: Built & { snapshot: Uint8Array }) {
  const gateway = await startGateway(settingsOf(built))
  if ('problem' in gateway) throw new Error(gateway.problem)
  return gateway
}
