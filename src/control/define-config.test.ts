import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownRegistry } from '../policy.ts'
import { schemasFor } from './config.ts'
import { type ConfigInput, defineConfig } from './define-config.ts'

test('what its type takes the schema takes', () => {
  const config = defineConfig({
    contract: 'openapi.yaml',
    audience: 'partner',
    listen: { port: 0 },
    limits: { bodyBytesMax: 1_000 },
    upstreams: { service: { endpoints: ['http://127.0.0.1:3000'] } },
    policies: {
      auth: 'upstream',
      limit: { requestsMax: 1, mode: 'shadow' },
      'secure-headers': { hide: ['Server'] },
    },
  })
  assert.deepEqual(schemasFor(ownRegistry).config.safeParse(config).error?.issues, undefined)
})

test('what the schema refuses its type refuses, but for custom policies', () => {
  const wrong: ConfigInput[] = [
    // @ts-expect-error: a key that is not there
    { listen: { prot: 1 } },
    // @ts-expect-error: a bound that is not there
    { limits: { bodyBytesMaximum: 1 } },
    // @ts-expect-error: a value of another kind
    { policies: { limit: { requestsMax: '1' } } },
    // @ts-expect-error: a key that the policy does not have
    { policies: { limit: { requests: 1 } } },
    // @ts-expect-error: no mode
    { policies: { limit: { mode: 'on' } } },
  ]
  const { config } = schemasFor(ownRegistry)
  for (const one of wrong) assert.equal(config.safeParse(one).success, false, JSON.stringify(one))
  const custom: ConfigInput = { customPolicies: ['gate.ts'], policies: { gate: { any: 1 } } }
  assert.equal(config.safeParse(custom).success, false)
})
