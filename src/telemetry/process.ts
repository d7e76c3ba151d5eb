// What the process itself costs: CPU, memory, and how late its event loop is.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ProcessGauges } from './gauges.ts'

export interface ProcessWatch {
  read(): ProcessGauges
  close(): void
}

// The monitor is a timer: at 20 ms it costs nothing that can be measured.
const resolutionMs = 20

export function watchProcess(): ProcessWatch {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const startedEpochSeconds = Math.round(performance.timeOrigin / 10) / 100
  return {
    read() {
      const { user, system } = process.cpuUsage()
      const { rss, heapUsed } = process.memoryUsage()
      const loopDelaySeconds = {
        p50: lateSeconds(delay.percentile(50)),
        p99: lateSeconds(delay.percentile(99)),
        max: lateSeconds(delay.max),
      }
      delay.reset()
      return {
        cpuSeconds: (user + system) / 1e6,
        residentBytes: rss,
        heapBytes: heapUsed,
        startedEpochSeconds,
        loopDelaySeconds,
      }
    },
    close: () => delay.disable(),
  }
}

// The monitor counts from one tick to the next: what is beyond its period is lateness.
function lateSeconds(tickNs: number): number {
  return Math.max(0, tickNs / 1e9 - resolutionMs / 1000)
}
