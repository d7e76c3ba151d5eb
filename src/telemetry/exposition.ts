// What a scrape says: every family once, its operations in pieces.
import { type FaultCode, faults } from '../base.ts'
import { processText, programText } from './gauge-families.ts'
import type { Gauges } from './gauges.ts'
import { faultCodes, faultsAt } from './news.ts'
import { operationFamilies } from './operation-families.ts'
import { familyHead, label, sample } from './prometheus.ts'
import type { Sums } from './sums.ts'

// About 2 ms of work a piece.
const operationsPerPiece = 50

export function* exposition(
  sums: Sums,
  version: string,
  gauges: Gauges,
): Generator<string, void, undefined> {
  const threads = sums.threads.read()
  yield programText(version, gauges, threads) + processText(gauges) + faultsText(threads)
  const operations = sums.operations()
  for (const { head, lines } of operationFamilies) {
    yield head
    for (let at = 0; at < operations.length; at += operationsPerPiece) {
      yield operations
        .slice(at, at + operationsPerPiece)
        .map(lines)
        .join('')
    }
  }
}

function faultsText(threads: Readonly<Float64Array>): string {
  const name = 'concordat_faults_total'
  const lines = faultCodes.map((code: FaultCode, i) => {
    const labels = `${label('code', code)},${label('blame', faults[code].blame)}`
    return sample(name, labels, threads[faultsAt + i]!)
  })
  return familyHead(name, 'counter', 'Exchanges that ended in a fault.') + lines.join('')
}
