// Starts the gateway: the data plane in this thread, or in workers beside it.
import { systemClock } from '../base.ts'
import { startFleet } from './fleet.ts'
import type { GatewayOptions, Started } from './gateway-types.ts'
import { openHere } from './here.ts'

export function startGateway(options: GatewayOptions): Promise<Started> {
  const bug = options.bug ?? ((error: unknown) => console.error(error))
  const warn = options.warn ?? bug
  return options.workers === 0
    ? startHere(options, { bug, warn })
    : startFleet(options, { clock: systemClock, bug, warn, program: workerFile })
}

/** Beside this file, as it is called in a source checkout or in a build. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
)

/** `workers: 0`: a gateway that listens. */
async function startHere(
  settings: GatewayOptions,
  told: Required<Pick<GatewayOptions, 'bug' | 'warn'>>,
): Promise<Started> {
  const gateway = await openHere(settings, told)
  if ('problem' in gateway) return gateway
  const failed = await gateway.listen()
  if (failed === undefined) return gateway
  await gateway.close(0)
  return failed
}
