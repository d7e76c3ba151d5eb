// maintenance: every day between two times (UTC) nothing is written, and clients are told until when.
import { definePolicy, refuse } from 'concordat'

interface Config {
  readonly from: string
  readonly to: string
  readonly reads: 'pass' | 'refuse'
}

interface Plan {
  readonly fromMinute: number
  readonly minutes: number
}

const dayMinutes = 24 * 60
const time = /^(?:[01]\d|2[0-3]):[0-5]\d$/

export default definePolicy<Config, Plan>({
  id: 'maintenance',
  about: 'Nothing is written between two times of the day.',
  phase: 'admit',
  schema: (zod) =>
    zod.strictObject({
      from: zod.string().regex(time, 'a time such as 02:00').describe('when it begins, UTC'),
      to: zod.string().regex(time, 'a time such as 02:30').describe('when it is over, UTC'),
      reads: zod.enum(['pass', 'refuse']).default('pass').describe('what becomes of GET and HEAD'),
    }),

  // For each operation, before anything is served: what can be decided here costs no request.
  compile({ from, to, reads }, { operation }) {
    if (reads === 'pass' && ['GET', 'HEAD'].includes(operation.method)) return undefined
    const fromMinute = minuteOf(from)
    return { fromMinute, minutes: since(fromMinute, minuteOf(to)) }
  },

  // In each worker; what it gives is called for every request.
  link: ({ fromMinute, minutes }) => {
    return () => {
      const now = new Date()
      const minute = now.getUTCHours() * 60 + now.getUTCMinutes()
      const leftMinutes = minutes - since(fromMinute, minute)
      if (leftMinutes <= 0) return undefined
      return refuse('NOT_OPEN', `Closed for maintenance: open again in ${leftMinutes} min.`, {
        retryAfterMs: leftMinutes * 60_000,
      })
    }
  },
})

function minuteOf(text: string): number {
  const [hours, minutes] = text.split(':')
  return Number(hours) * 60 + Number(minutes)
}

/** Minutes from one time of the day to the next that is called so. */
const since = (from: number, to: number): number => (to - from + dayMinutes) % dayMinutes
