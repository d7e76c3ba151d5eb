// Keeps results: bench/RESULTS.md for people, with a chart beside it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chart } from './chart.ts'
import { report } from './report.ts'
import type { Results } from './report.ts'

export function save(results: Results): string[] {
  const page = join(import.meta.dirname, 'RESULTS.md')
  const drawing = join(import.meta.dirname, 'results.svg')
  writeFileSync(page, `${markdown(results)}\n`)
  writeFileSync(drawing, chart(results.comparisons))
  return [page, drawing]
}

function markdown(results: Results): string {
  const { machine, date, rounds, seconds } = results
  return `# Results

Written by \`npm run bench -- --save\`; [README.md](README.md) says what is measured and how.

- **Date** ${date.slice(0, 10)}
- **Machine** ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Linux ${machine.kernel}
- **Programs** Node ${machine.node}, nginx ${machine.nginx}, wrk ${machine.wrk}
- **Rounds** medians of ${rounds} alternations of ${seconds} s each, with the lowest and the highest

![CPU per request, Concordat and nginx](results.svg)

${report(results, '## ')}`
}
