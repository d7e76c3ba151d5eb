// Tables of what grows: transfers, connections at rest, contracts, workers.
import { difference, megabytes, percent, ranged, scaled, table, whole } from './format.ts'
import type { Idle } from './idle.ts'
import type { ContractLoading } from './loading-contract.ts'
import type { Loading } from './loading.ts'
import type { OperationsCost } from './operations.ts'
import type { Transfer } from './transfer.ts'
import type { WorkersCost } from './workers.ts'

export function transfers(found: readonly Transfer[]): string {
  const head = ['', 'seconds', 'CPU seconds', 'memory grows by', 'Concordat’s throughput is']
  const rows = found.flatMap(({ direction, directSeconds, concordat, nginx, throughputRatio }) => [
    ...[...nginx, concordat].map((carrier) => [
      `${direction}: ${carrier.name}`,
      ranged(carrier.seconds, 2),
      ranged(carrier.cpuSeconds, 2),
      megabytes(carrier.growthBytes),
      carrier === concordat ? `${ranged(throughputRatio, 2)} × nginx’s better` : '',
    ]),
    [`${direction}: no gateway`, ranged(directSeconds, 2), '', '', ''],
  ])
  return table([head, ...rows])
}

export const idle = (found: readonly Idle[]): string =>
  table([
    ['', 'connections', 'memory each, bytes', 'CPU of all'],
    ...found.map(({ name, connections, bytesEach, cpuShare }) => [
      name,
      whole(connections),
      whole(bytesEach),
      percent(cpuShare, 2),
    ]),
  ])

export const operations = (found: readonly OperationsCost[]): string =>
  table([
    ['operations', '10 busy, µs', 'against the smallest', 'all busy, µs'],
    ...found.map(({ operations: count, hotUs, hotRatio, anyUs }) => [
      whole(count),
      ranged(hotUs, 1),
      difference(hotRatio.median),
      ranged(anyUs, 1),
    ]),
  ])

export const loading = (found: readonly Loading[]): string =>
  table([
    ['operations', 'contract', 'first start, ms', 'memory', 'second start, ms', 'memory'],
    ...found.map(({ operations: count, contractBytes, cold, warm }) => [
      whole(count),
      megabytes(contractBytes),
      ranged(cold.ms, 0),
      megabytes(cold.peakBytes.median),
      ranged(warm.ms, 0),
      megabytes(warm.peakBytes.median),
    ]),
  ])

export const contracts = (found: readonly ContractLoading[]): string =>
  table([
    ['', 'operations', 'contract', 'first start, ms', 'second start, ms', 'memory above chat’s'],
    ...found.map(({ name, operations: count, contractBytes, coldMs, warmMs, aboveChatBytes }) => [
      name,
      whole(count),
      megabytes(contractBytes),
      ranged(coldMs, 0),
      ranged(warmMs, 0),
      megabytes(aboveChatBytes.median),
    ]),
  ])

export const workers = (found: readonly WorkersCost[]): string =>
  table([
    ['workers', 'CPU µs/request', 'against one', 'thousand requests/s'],
    ...found.map(({ workers: count, cpuUs, ratio, perSecond }) => [
      count === 0 ? 'none: main thread' : String(count),
      ranged(cpuUs, 1),
      ranged(ratio, 2),
      ranged(scaled(perSecond, 1000), 1),
    ]),
  ])
