// What a run of the bench has found; a case that was not run left nothing.
import type { BodyCheck } from './body-check.ts'
import type { Comparison } from './compare.ts'
import type { Idle } from './idle.ts'
import type { ContractLoading } from './loading-contract.ts'
import type { Loading } from './loading.ts'
import type { Machine } from './machine.ts'
import type { OperationsCost } from './operations.ts'
import type { PolicyCost } from './policies.ts'
import type { StartTimes } from './start.ts'
import type { StepCosts } from './step-costs.ts'
import type { Transfer } from './transfer.ts'
import type { WorkersCost } from './workers.ts'

export interface Results {
  readonly date: string
  readonly machine: Machine
  readonly rounds: number
  readonly seconds: number
  readonly comparisons: readonly Comparison[]
  readonly transfers: readonly Transfer[]
  /** Of protocols beside HTTP/1.1 without TLS. */
  readonly protocols: readonly Comparison[]
  readonly idle: readonly Idle[]
  readonly idleSockets: readonly Idle[]
  readonly operations: readonly OperationsCost[]
  readonly loadings: readonly Loading[]
  /** Of files that the command line named. */
  readonly contracts: readonly ContractLoading[]
  readonly workers: readonly WorkersCost[]
  readonly policies: readonly PolicyCost[]
  readonly starts: readonly StartTimes[]
  readonly bodyCheck: BodyCheck | undefined
  readonly steps: StepCosts | undefined
}
