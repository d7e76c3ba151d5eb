// The short form of the differential fuzz, one seed; `node test/fuzz/run.ts` is the long one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Direction } from './cases.ts'
import { readersAbsent } from './readers.ts'
import { runSession, type Tally } from './session.ts'

const seed = 20_261_120
const cases = 2_500

async function fuzz(direction: Direction): Promise<Tally> {
  const tally = await runSession({ direction, seed, from: 0, cases, tell: () => {} })
  const told = tally.failures.map((one) => `case ${one.case}: ${one.text}`)
  assert.deepEqual(told, [], `node test/fuzz/run.ts --seed ${seed} --only ${direction}`)
  assert.equal(tally.cases, cases)
  return tally
}

test(
  'node:http, nginx and haproxy read every forwarded request as the gateway did',
  { skip: readersAbsent },
  async () => {
    const { through, torn } = await fuzz('request')
    // What is refused proves nothing here: enough must have gone through, and broken off.
    assert.ok(through > cases / 2, `${through} cases went through`)
    assert.ok(torn > 0)
  },
)

test(
  'node:http, nginx and haproxy read every reply as the gateway did',
  { skip: readersAbsent },
  async () => {
    const { through, statuses } = await fuzz('reply')
    assert.ok(through > cases / 3, `${through} cases went through`)
    assert.ok((statuses.get(502) ?? 0) > 0)
  },
)
