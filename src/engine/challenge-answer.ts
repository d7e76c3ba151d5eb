// What an authority is answered that looks whether a name leads here (HTTP-01, RFC 8555 §8.3): it
// comes before any route, for as long as an order is under way, and leaves no record. Whatever is
// not exactly what was asked for goes its ordinary way.
import type { Stream, StreamEvents } from '../http.ts'

const before = '/.well-known/acme-challenge/'

/** By token. */
export type ChallengeAnswers = ReadonlyMap<string, string>

/** Whether the stream was such a question: it is answered then. */
export function isChallengeAnswered(
  stream: Stream,
  answers: ChallengeAnswers,
  httpDate: () => string,
): boolean {
  const { bodyLength, method, path } = stream.head
  if (method !== 'GET' || bodyLength !== 'none' || !path.startsWith(before)) return false
  const answer = answers.get(path.slice(before.length))
  if (answer === undefined) return false
  stream.attach(nothingFollows)
  const type = 'Content-Type: application/octet-stream\r\nCache-Control: no-store\r\n'
  const lines = `${type}Date: ${httpDate()}\r\nContent-Length: ${answer.length}\r\n`
  stream.sendHead('200 OK', lines, answer.length)
  stream.sendPiece(answer)
  stream.sendEnd([])
  return true
}

const nothingFollows: StreamEvents = {
  requestPiece() {},
  requestEnded() {},
  requestBroken() {},
  clientWritable() {},
  clientGone() {},
}
