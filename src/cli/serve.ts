// Puts a build into service: the gateway on its port, the admin server on its own.
import { randomBytes } from 'node:crypto'
import type { Built } from '../control.ts'
import { createAdmin, startGateway } from '../gateway.ts'
import { createIds } from '../telemetry.ts'

export interface Serving {
  readonly url: string
  readonly adminUrl: string
  /** Takes no more, lets what is under way end within its bounds, then lets go of the ports. */
  close(): Promise<void>
  /** Says in a sentence that it serves no longer, where nobody asked it to stop. */
  readonly died: Promise<string>
}

/** A sentence where something keeps it from serving; nothing is left behind then. */
export async function serve(
  { snapshot, deployment }: Built & { snapshot: Uint8Array },
  report: (error: unknown) => void,
): Promise<Serving | { problem: string }> {
  const { listen, admin: adminAt, workers, log } = deployment
  const gateway = await startGateway({ bundle: snapshot, listen, workers, log, bug: report })
  if ('problem' in gateway) return { problem: withOption(gateway.problem, '--port', listen.port) }
  const admin = createAdmin({
    ...adminAt,
    sources: gateway,
    requestId: createIds(randomBytes),
    report,
  })
  const listening = await admin.listen()
  if ('failed' in listening) {
    await gateway.close()
    return { problem: withOption(listening.failed, '--admin-port', adminAt.port) }
  }
  return {
    url: address(listen.host, gateway.port),
    adminUrl: address(adminAt.host, listening.port),
    async close() {
      // The probes go last: they are how others see that we are stopping.
      await gateway.close()
      await admin.close()
    },
    died: gateway.died,
  }
}

/** An occupied port is the usual reason, and another port the usual way out. */
function withOption(problem: string, option: string, port: number): string {
  return port === 0
    ? problem
    : `${problem}. Take another with ${option}, or ${option} 0 for a free one`
}

function address(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
