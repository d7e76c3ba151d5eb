import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namedSteps, policyOfStep } from './step-names.ts'

const step = () => undefined

test('one function of a policy has a name for each operation', () => {
  const [first, second] = [1, 2].map((at) => namedSteps({ policy: 'gate', at }, { admit: step }))
  assert.equal(policyOfStep(first!.admit!)?.at, 1)
  assert.equal(policyOfStep(second!.admit!)?.at, 2)
  assert.equal(first!.check, undefined)
})
