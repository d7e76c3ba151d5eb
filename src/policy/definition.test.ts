import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { refuse } from '../base.ts'
import { idRule, readDefinition } from './definition.ts'
import { linkSteps } from './link.ts'
import { definePolicy } from './policy.ts'
import { type AnyPolicy, ownRegistry, registryWith } from './registry.ts'
import { exchangeWith, operationWith, siteWith, toolsWith } from './testing.ts'

const closed = definePolicy({
  id: 'closed',
  about: 'Refuses all.',
  phase: 'admit',
  link: () => () => refuse('NOT_OPEN'),
})

test('a policy that says little has no settings, no default, and its configuration as plan', () => {
  assert.equal(closed.schema(z).safeParse({}).success, true)
  assert.equal(closed.schema(z).safeParse({ a: 1 }).success, false)
  assert.equal(closed.defaultFor('public'), undefined)
  const compile = closed.compile as (config: unknown, site: unknown) => unknown
  assert.deepEqual(compile({}, siteWith(operationWith())), {})
})

test('without a compile of its own the plan has the type of the configuration', () => {
  const typed = definePolicy({
    id: 'typed',
    about: 'Has one word.',
    phase: 'check',
    schema: (zod) => zod.strictObject({ word: zod.string() }),
    link: ({ word }) => {
      const length: number = word.length
      return () => (length > 0 ? undefined : refuse('FORBIDDEN'))
    },
  })
  const { check } = linkSteps(typed as unknown as AnyPolicy, { word: '' }, toolsWith())
  assert.deepEqual(check?.(exchangeWith([])), refuse('FORBIDDEN'))
})

test('custom policies run after those of the gateway', () => {
  const { policies, byId } = registryWith([closed as unknown as AnyPolicy])
  assert.equal(policies.at(-1)?.id, 'closed')
  assert.equal(byId.get('closed'), policies.at(-1))
  assert.equal(policies.length, ownRegistry.policies.length + 1)
  assert.equal(registryWith([]), ownRegistry)
})

const whole = { id: 'a', about: 'b', phase: 'admit', link: () => undefined }

const shapes: readonly [says: string, exported: unknown, want: RegExp][] = [
  ['nothing', undefined, /exports no policy/],
  ['a function', () => {}, /exports no policy/],
  ['a link that is none', { ...whole, link: 1 }, /'link' must be a function/],
  ['no sentence', { ...whole, about: undefined }, /must say its 'about'/],
  ['a flag that is false', { ...whole, stacks: false }, /'stacks' must be true/],
  [
    'a flag of another phase',
    { ...whole, phase: 'check', everyRequest: true },
    /for phase 'admit'/,
  ],
  ['a reply flag of another phase', { ...whole, everyReply: true }, /for phase 'several'/],
  ['a key of the prototype', { ...whole, toString: 1 }, /a policy has no 'toString'/],
]

test('what is no policy is told what it lacks', () => {
  for (const [says, exported, want] of shapes) {
    assert.match(String(readDefinition(exported)), want, says)
  }
  assert.equal(typeof readDefinition(whole), 'object')
})

test('an id is a word of its own', () => {
  assert.equal(idRule('office-hours'), undefined)
  for (const id of ['', 'A', '1a', 'a_b', 'a'.repeat(65), '__proto__']) {
    assert.match(idRule(id)!, /is no id/, id)
  }
  assert.match(idRule('validation')!, /is a policy of the gateway/)
})
