// `defineConfig`: the configuration as TypeScript. It is what it is given; its type is what editors
// and compilers hold the file against, made from the one schema and from our policies.
import type { z } from 'zod'
import type { Limits } from '../base.ts'
import type { PolicySettings } from '../policy.ts'
import type { configSchema } from './config.ts'

type Written = z.input<typeof configSchema>

export interface ConfigInput extends Omit<Written, 'limits' | 'policies'> {
  readonly limits?: Partial<Limits> | undefined
  readonly policies?: PolicySettings | undefined
}

export function defineConfig(config: ConfigInput): ConfigInput {
  return config
}
