// How reloads went, as a scrape says it.
import { familyHead, label, sample } from '../telemetry.ts'
import type { Reloader } from './reload.ts'

export function reloadMetrics({
  counts,
  standing,
  loadedEpochMs,
}: Pick<Reloader, 'counts' | 'standing' | 'loadedEpochMs'>): string {
  const reloads = 'concordat_reloads_total'
  const current = 'concordat_configuration_current'
  const loaded = 'concordat_configuration_loaded_timestamp_seconds'
  return [
    familyHead(reloads, 'counter', 'Builds while running, by what became of them.'),
    ...Object.entries(counts).map(([outcome, count]) =>
      sample(reloads, label('outcome', outcome), count),
    ),
    familyHead(current, 'gauge', '1 where what runs is what the files say, else 0.'),
    sample(current, '', standing.state === 'current' ? 1 : 0),
    familyHead(loaded, 'gauge', 'When what runs was put in force, since the epoch.'),
    sample(loaded, '', loadedEpochMs / 1000),
  ].join('')
}
