// Writes the pages of the manual that are made from tables of the program: `npm run docs`.
// A test holds that what is committed is what this would write.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accessLogPage } from './pages/access-log.ts'
import { configPage, configSchemaPage, settingsSchemaPage } from './pages/config.ts'
import { faultCodes, faultFile, faultPage } from './pages/fault.ts'
import { faultsPage } from './pages/faults.ts'
import { grpcStatusesPage } from './pages/grpc-statuses.ts'
import { limitsPage } from './pages/limits.ts'
import { metricsPage } from './pages/metrics.ts'
import { topPage, topPicture } from './pages/top.ts'

export interface Page {
  /** Within this folder. */
  readonly file: string
  readonly render: () => string
}

export const pages: readonly Page[] = [
  { file: 'config.md', render: configPage },
  { file: 'concordat.schema.json', render: configSchemaPage },
  { file: 'x-concordat.schema.json', render: settingsSchemaPage },
  { file: 'faults.md', render: faultsPage },
  ...faultCodes.map((code) => ({ file: faultFile(code), render: () => faultPage(code) })),
  { file: 'grpc-statuses.md', render: grpcStatusesPage },
  { file: 'limits.md', render: limitsPage },
  { file: 'metrics.md', render: metricsPage },
  { file: 'access-log.md', render: accessLogPage },
  { file: 'top.md', render: topPage },
  { file: 'top.svg', render: topPicture },
]

export const pagePath = (page: Page): string => join(import.meta.dirname, page.file)

if (import.meta.main) {
  for (const page of pages) {
    writeFileSync(pagePath(page), page.render())
    console.log(`wrote spec/${page.file}`)
  }
}
