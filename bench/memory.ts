// Resident memory of a process and all below it, as the kernel counts it: what the program itself
// holds, every thread of it, but no buffers that the kernel keeps for sockets.
import { readFileSync, writeFileSync } from 'node:fs'
import { family } from './processes.ts'

export const residentBytes = (pid: number): number => statusBytes(pid, 'VmRSS')

/** The most it has held at once since `forgetPeak`, or since it started. */
export const peakBytes = (pid: number): number => statusBytes(pid, 'VmHWM')

/** Lets the kernel's high-water mark begin anew (`clear_refs`, proc(5)): nothing has to sample. */
export function forgetPeak(pid: number): void {
  for (const member of family(pid)) writeFileSync(`/proc/${member}/clear_refs`, '5')
}

function statusBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm')
  const kilobytes = family(pid).map((member) =>
    Number(line.exec(readFileSync(`/proc/${member}/status`, 'utf8'))?.[1] ?? 0),
  )
  return kilobytes.reduce((sum, value) => sum + value, 0) * 1024
}
