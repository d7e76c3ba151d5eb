// What a scrape shows of a process in which nothing has happened: for tests, benches and pages.
import type { Gauges, ProcessWatch } from '../src/telemetry.ts'

export const quietGauges: Gauges = {
  activeExchanges: 0,
  connections: 0,
  refusedConnections: 0,
  logLinesDropped: 0,
  revision: '',
  endpoints: [],
  process: {
    cpuSeconds: 0,
    residentBytes: 0,
    heapBytes: 0,
    startedEpochSeconds: 0,
    loopDelaySeconds: { p50: 0, p99: 0, max: 0 },
  },
}

export const quietWatch: ProcessWatch = { read: () => quietGauges.process, close() {} }
