// What a listener answers by itself, before any policy and without a record: whoever certifies us is
// shown that the names are ours (RFC 8555 §8.3), and who comes in clear is sent on to `https:`.
import { refuse, type Refusal } from '../base.ts'
import type { Stream, StreamEvents } from '../http.ts'

export interface OwnAnswers {
  /** Key authorizations by token. */
  readonly answers: ReadonlyMap<string, string>
  /** Where requests in clear are sent; undefined: they are served. */
  readonly httpsPort: number | undefined
  readonly httpDate: () => string
}

const challengePath = '/.well-known/acme-challenge/'

/** Whether it was answered; a refusal where nobody can say where it should go. */
export function ownAnswer(stream: Stream, own: OwnAnswers): boolean | Refusal {
  const { answers, httpsPort } = own
  const { method, path } = stream.head
  const isRead = method === 'GET' || method === 'HEAD'
  if (answers.size > 0 && isRead && path.startsWith(challengePath)) {
    const text = answers.get(path.slice(challengePath.length))
    if (text !== undefined) {
      answer(stream, '200 OK', 'Content-Type: application/octet-stream', text, own)
      return true
    }
  }
  if (httpsPort === undefined || stream.peer.isSecure === true) return false
  const place = securePlace(stream, httpsPort)
  if (place === undefined) return refuse('MALFORMED_REQUEST', 'The request names no host.')
  answer(stream, '308 Permanent Redirect', `Location: ${place}`, '', own)
  return true
}

function securePlace({ head: { host, target } }: Stream, port: number): string | undefined {
  const name = host.replace(/:\d*$/, '')
  if (name === '') return undefined
  const path = target.startsWith('/') ? target : '/'
  return `https://${name}${port === 443 ? '' : `:${port}`}${path}`
}

function answer(
  stream: Stream,
  status: string,
  field: string,
  text: string,
  { httpDate }: OwnAnswers,
): void {
  stream.attach(nobody)
  const hasBody = text !== '' && stream.head.method !== 'HEAD'
  const lines = [field, `Content-Length: ${text.length}`, `Date: ${httpDate()}`, '']
  stream.sendHead(status, lines.join('\r\n'), hasBody ? text.length : 'none')
  if (hasBody) stream.sendPiece(text)
  stream.sendEnd([])
}

/** What happens next concerns nobody. */
const nobody: StreamEvents = {
  requestPiece() {},
  requestEnded() {},
  requestBroken() {},
  clientWritable() {},
  clientGone() {},
}
