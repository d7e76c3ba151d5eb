// base: what every room may lean on. Laws (assert), time, chance, the catalogue of faults and
// the table of limits. Knows nothing of HTTP beyond the numbers in those two tables.
export { assert, unreachable, stackOf } from './base/assert.ts'
export { type Clock, type ManualClock, manualClock, systemClock, within } from './base/clock.ts'
export {
  type Blame,
  type Detail,
  type Fault,
  type FaultCode,
  faults,
  type Refusal,
  refuse,
} from './base/fault.ts'
export {
  defaultLimits,
  type Limit,
  type LimitName,
  type Limits,
  limitsWith,
  limitTable,
} from './base/limits.ts'
export { eachOf, keeping, type Listed } from './base/listed.ts'
export { nearestWord } from './base/nearest.ts'
export {
  clearOccupancy,
  type Held,
  Occupancy,
  occupancyMemory,
  type OccupancyShare,
  soleOccupancy,
} from './base/occupancy.ts'
export { type Random, seededRandom } from './base/random.ts'
export {
  absentContent,
  type Documents,
  type Place,
  placeText,
  pointerToken,
  type Problem,
  selfOf,
  type SourceFile,
  targetsOf,
  unreadContent,
} from './base/documents.ts'
export { version } from './base/version.ts'
export { workersFor, workersMax } from './base/workers.ts'
