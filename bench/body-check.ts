// The check of a typical body beside ajv's, from bench/schema.ts in a process of its own.
import { join } from 'node:path'
import type { Effort } from './alternate.ts'
import { gatewayCore, run } from './processes.ts'

export interface BodyCheck {
  readonly bodyBytes: number
  readonly oursUs: number
  readonly ajvUs: number
}

interface Said {
  readonly bodyBytes: number
  readonly microseconds: { readonly ours: number; readonly ajv: number }
}

export async function bodyCheckTimes({ progress }: Effort): Promise<BodyCheck> {
  progress('schema: a typical body, beside ajv')
  const script = join(import.meta.dirname, 'schema.ts')
  const text = await run(process.execPath, [script, '--json'], { core: gatewayCore })
  const { bodyBytes, microseconds } = JSON.parse(text) as Said
  return { bodyBytes, oursUs: microseconds.ours, ajvUs: microseconds.ajv }
}
