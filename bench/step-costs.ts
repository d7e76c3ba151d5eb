// What single policies add to a request, from bench/steps.ts in a process of its own.
import { join } from 'node:path'
import type { Effort } from './alternate.ts'
import { gatewayCore, run } from './processes.ts'

export interface StepCosts {
  readonly replyBytes: number
  readonly costsUs: Readonly<Record<string, number>>
}

/** Microseconds each may add to a request. */
export const stepGoalsUs: Readonly<Record<string, number>> = {
  'headers, request': 0.3,
  'headers, reply': 0.3,
  rewrite: 0.3,
  topology: 0.3,
  'custom, empty': 0.2,
  'reply-validation': 60,
}

export async function stepCosts({ progress }: Effort): Promise<StepCosts> {
  progress('steps: what single policies add, without sockets')
  const script = join(import.meta.dirname, 'steps.ts')
  const text = await run(process.execPath, [script, '--json'], { core: gatewayCore })
  return JSON.parse(text) as StepCosts
}
