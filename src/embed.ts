// embed: the gateway inside a host program, in the host's own thread. It touches nothing of the host:
// no signals, no exit, no output that was not asked for. Nothing heavy is loaded before the first
// gateway is made, so that an older Node can say what is missing.
import { runtimeProblem } from './embed/runtime-problem.ts'
import type { Gateway, GatewayOptions } from './embed/gateway-options.ts'

export { ConfigurationError } from './embed/configuration-error.ts'
export type { App, CloseOptions, Gateway, GatewayOptions } from './embed/gateway-options.ts'

/**
 * A gateway in force, that listens when it is told to. Rejects with a `ConfigurationError` where what
 * was written is refused.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const problem = runtimeProblem(process.versions.node)
  if (problem !== undefined) throw new Error(problem)
  const { openGateway } = await import('./embed/gateway.ts')
  return openGateway(options)
}
