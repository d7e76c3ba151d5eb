// What was wanted, held against what was found: one verdict a goal.
import type { BodyCheck } from './body-check.ts'
import type { Comparison } from './compare.ts'
import { difference, megabytes, percent, whole } from './format.ts'
import { idleGoals } from './idle.ts'
import type { Idle } from './idle.ts'
import { contractGoals } from './loading-contract.ts'
import type { ContractLoading } from './loading-contract.ts'
import { loadingGoals } from './loading.ts'
import type { Loading } from './loading.ts'
import { operationsGoal } from './operations.ts'
import type { OperationsCost } from './operations.ts'
import type { Results } from './results.ts'
import type { StartTimes } from './start.ts'
import { type StepCosts, stepGoalsUs } from './step-costs.ts'
import { transferGoals } from './transfer.ts'
import type { Transfer } from './transfer.ts'
import { workersGoal } from './workers.ts'
import type { WorkersCost } from './workers.ts'

export interface Verdict {
  readonly what: string
  readonly found: string
  readonly goal: string
  readonly met: boolean
}

export const verdicts = (results: Results): Verdict[] => [
  ...results.comparisons.flatMap(ofComparison),
  ...results.protocols.flatMap(ofComparison),
  ...results.transfers.flatMap(ofTransfer),
  ...results.idle.flatMap(ofIdle),
  ...results.operations.slice(1).map(ofOperations),
  ...results.loadings.flatMap(ofLoading),
  ...results.contracts.flatMap(ofContract),
  ...results.workers.flatMap(ofWorkers),
  ...results.starts.map(ofStart),
  ...ofBodyCheck(results.bodyCheck),
  ...ofSteps(results.steps),
]

type Show = (value: number) => string

const atMost = (what: string, found: number, goal: number, show: Show): Verdict => ({
  what,
  found: show(found),
  goal: `≤ ${show(goal)}`,
  met: found <= goal,
})

const times =
  (name: string): Show =>
  (ratio) =>
    `${ratio.toFixed(2)} × ${name}`

const milliseconds: Show = (ms) => `${whole(ms)} ms`

function ofComparison({ name, goal, beside, half }: Comparison): Verdict[] {
  const cpu = beside.flatMap((other) => {
    const wanted = goal.cpuRatio?.[other.name]
    const what = `${name}: CPU per request`
    const found = other.cpuRatio.median
    return wanted === undefined ? [] : [atMost(what, found, wanted, times(other.name))]
  })
  if (goal.p99Ratio === undefined || half === undefined) return cpu
  const what = `${name}: p99 at half load`
  return [...cpu, atMost(what, half.p99Ratio.median, goal.p99Ratio, times('nginx'))]
}

function ofTransfer({ direction, throughputRatio, concordat }: Transfer): Verdict[] {
  const found = throughputRatio.median
  const wanted = transferGoals.throughputRatio
  const what = `1 GiB ${direction}`
  return [
    {
      what: `${what}: throughput`,
      found: times('nginx')(found),
      goal: `≥ ${times('nginx')(wanted)}`,
      met: found >= wanted,
    },
    atMost(`${what}: memory`, concordat.growthBytes, transferGoals.growthBytes, (bytes) =>
      megabytes(bytes),
    ),
  ]
}

function ofIdle({ name, connections, bytesEach, cpuShare }: Idle): Verdict[] {
  if (name !== 'Concordat') return []
  const what = `${whole(connections)} connections at rest`
  return [
    atMost(`${what}: memory each`, bytesEach, idleGoals.bytesEach, (bytes) => `${whole(bytes)} B`),
    atMost(`${what}: CPU`, cpuShare, idleGoals.cpuShare, (share) => percent(share, 2)),
  ]
}

function ofOperations({ operations, hotRatio }: OperationsCost): Verdict {
  const found = hotRatio.median
  return {
    what: `${whole(operations)} operations: CPU per request`,
    found: difference(found),
    goal: `± ${percent(operationsGoal, 0)}`,
    met: found <= 1 + operationsGoal && found >= 1 - operationsGoal,
  }
}

function ofLoading({ operations, cold, warm }: Loading): Verdict[] {
  if (operations !== loadingGoals.operations) return []
  const { ms, peakBytes } = loadingGoals
  return Object.entries({ cold, warm }).flatMap(([how, loaded]) => [
    atMost(`${whole(operations)} operations, ${how}: ready`, loaded.ms.median, ms, milliseconds),
    atMost(
      `${whole(operations)} operations, ${how}: memory`,
      loaded.peakBytes.median,
      peakBytes,
      megabytes,
    ),
  ])
}

const ofContract = (found: ContractLoading): Verdict[] => [
  atMost(`${found.name}: first start`, found.coldMs.median, contractGoals.coldMs, milliseconds),
  atMost(`${found.name}: second start`, found.warmMs.median, contractGoals.warmMs, milliseconds),
  atMost(
    `${found.name}: memory above chat’s`,
    found.aboveChatBytes.median,
    contractGoals.aboveChatBytes,
    megabytes,
  ),
]

const ofWorkers = ({ workers, ratio }: WorkersCost): Verdict[] =>
  workers === 2
    ? [atMost('two workers: CPU per request', ratio.median, workersGoal, times('one'))]
    : []

const ofStart = ({ name, coldMs, warmMs, goal }: StartTimes): Verdict =>
  atMost(
    `${goal.of} start, ${name}`,
    (goal.of === 'cold' ? coldMs : warmMs).median,
    goal.ms,
    milliseconds,
  )

function ofBodyCheck(found: BodyCheck | undefined): Verdict[] {
  if (found === undefined) return []
  const { bodyBytes, oursUs, ajvUs } = found
  return [atMost(`check of a body of ${bodyBytes} bytes`, oursUs / ajvUs, 2, times('ajv'))]
}

function ofSteps(found: StepCosts | undefined): Verdict[] {
  return Object.entries(found?.costsUs ?? {}).map(([name, us]) => {
    const goal = stepGoalsUs[name] ?? Number.NaN
    const bytes = name === 'reply-validation' ? `, ${found!.replyBytes} bytes in shadow` : ''
    return atMost(`${name}: added to a request${bytes}`, us, goal, microseconds)
  })
}

const microseconds: Show = (us) => `${us < 10 ? us.toFixed(2) : whole(us)} µs`
