// Keeps results: bench/RESULTS.md for people, with charts beside it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { charts } from './charts.ts'
import type { Chart } from './charts.ts'
import { report } from './report.ts'
import type { Results } from './results.ts'

/** Returns the files that it wrote. */
export function save(results: Results): string[] {
  const drawings = charts(results)
  // A run of the protocols alone leaves the rest as it was measured before.
  const pageName = results.comparisons.length === 0 ? 'PROTOCOLS.md' : 'RESULTS.md'
  const page: [file: string, text: string] = [pageName, markdown(pageName, results, drawings)]
  const files = [page, ...drawings.map(({ file, drawn }) => [file, drawn] as const)]
  return files.map(([name, text]) => {
    const file = join(import.meta.dirname, name)
    writeFileSync(file, text)
    return file
  })
}

function markdown(pageName: string, results: Results, drawings: readonly Chart[]): string {
  const { machine, date, rounds, seconds } = results
  const { node, nginx, haproxy, caddy, wrk } = machine
  const programs = Object.entries({ Node: node, nginx, haproxy, Caddy: caddy, wrk })
    .filter(([, version]) => version !== undefined)
    .map(([name, version]) => `${name} ${version}`)
  const [heading, command] =
    pageName === 'RESULTS.md' ? ['Results', '--save'] : ['Protocols', '--case protocols --save']
  return `# ${heading}

Written by \`npm run bench -- ${command}\`; [README.md](README.md) says what is measured and how.

- **Date** ${date.slice(0, 10)}
- **Machine** ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Linux ${machine.kernel}
- **Programs** ${programs.join(', ')}
- **Rounds** medians of up to ${rounds} alternations of ${seconds} s each, with the lowest and the highest

${drawings.map(({ file, title }) => `![${title}](${file})`).join('\n\n')}

${report(results, '## ')}

${readFileSync(join(import.meta.dirname, 'REASONS.md'), 'utf8').replace(/^# /, '## ')}`
}
