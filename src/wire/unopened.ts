// Why a connection to an endpoint never opened, or broke: whose loss that is, and the words for the
// record.
import { TlsFailure } from './tls-failure.ts'

/** Why a connection never opened. */
export interface Unopened {
  /**
   * `late`: it took too long; whoever waits for it has a deadline of their own. `exhausted`: this
   * machine has no descriptor or no memory left for it. `insecure`: TLS failed.
   */
  readonly why: 'late' | 'exhausted' | 'insecure' | 'failed'
  readonly reason: string
}

/** What `connect` says where it is we who have no more of something. */
const exhaustedCodes = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']

/** Of Unix sockets, where the bare code would leave one guessing. */
const socketFailures: Readonly<Record<string, string>> = {
  ENOENT: 'found no such socket',
  EACCES: 'is not permitted to this user',
}

export function failureText({ code, message }: NodeJS.ErrnoException): string {
  const text = socketFailures[code ?? '']
  return text === undefined ? (code ?? message) : `${text} (${code})`
}

export function whyUnopened(error: NodeJS.ErrnoException | undefined): Unopened['why'] {
  if (error === undefined) return 'late'
  if (error instanceof TlsFailure) return 'insecure'
  return exhaustedCodes.includes(error.code ?? '') ? 'exhausted' : 'failed'
}
