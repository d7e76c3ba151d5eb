// Who holds a lease: a process of a machine. Of processes of this machine it can be told that they
// are no more; of those that only have its name (containers of one host) it may be told wrongly,
// and the worst that comes of it is one certificate too many.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'

/** Of this process, and of this use of its number. */
const self = `${hostname()} ${process.pid} ${randomUUID()}`

export const ownHolder = (): string => self

export function isGone(holder: string): boolean {
  const [host, pid = ''] = holder.split(' ')
  if (host !== hostname() || !/^[1-9]\d{0,9}$/.test(pid)) return false
  // Our number, and not us: whoever had it before.
  if (Number(pid) === process.pid) return holder !== self
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
