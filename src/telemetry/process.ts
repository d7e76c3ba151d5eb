// What threads and the process cost: CPU, memory, and how late event loops are.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ProcessGauges, ThreadReading } from './gauges.ts'

export interface ThreadWatch {
  read(): ThreadReading
  close(): void
}

// The monitor is a timer: at 20 ms it costs nothing that can be measured.
const resolutionMs = 20

/** Of the thread that calls. */
export function watchThread(): ThreadWatch {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  return {
    read() {
      const { arrayBuffers, external, heapUsed } = process.memoryUsage()
      const loopDelaySeconds = {
        p50: lateSeconds(delay.percentile(50)),
        p99: lateSeconds(delay.percentile(99)),
        max: lateSeconds(delay.max),
      }
      delay.reset()
      return {
        heapBytes: heapUsed,
        externalBytes: external,
        arrayBufferBytes: arrayBuffers,
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

// Once: it would differ a little each time, and whoever compares would see another process.
const startedEpochSeconds = Math.round(Date.now() / 10 - process.uptime() * 100) / 100

/** Of all threads together; in whichever it is read. */
export function readProcess(
  descriptors: Pick<ProcessGauges, 'descriptors' | 'descriptorsMax'>,
): ProcessGauges {
  const { user, system } = process.cpuUsage()
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startedEpochSeconds,
    ...descriptors,
  }
}
