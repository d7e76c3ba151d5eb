// Why an admin port gave no answer, in words: codes of the system are for programs.
import { harmless } from './top-parse.ts'

export const whereToLook =
  'say where the admin port is, as the gateway did at its start: --admin URL\n'

const reasonCharsMax = 300

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ECONNRESET: 'what listens there closed the connection',
  UND_ERR_SOCKET: 'what listens there closed the connection, or speaks no HTTP',
}

/** Of what `fetch` threw, that had so long. */
export function unansweredReason(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return short(String(error))
  if (error.name === 'TimeoutError') return `nothing within ${timeoutMs / 1000} s`
  const { code, message } = (error as { cause?: { code?: string; message?: string } }).cause ?? {}
  if (code?.startsWith('ERR_SSL_')) return 'what listens there speaks no TLS: try http://'
  if (code?.startsWith('HPE_')) return 'what listens there speaks no HTTP'
  return short(reasons[code ?? ''] ?? code ?? message ?? error.message)
}

const short = (text: string): string => harmless(text).slice(0, reasonCharsMax)
