// The access log: one JSON line a record, made with one concatenation and no object.
// It holds the path without its query, no header but a bounded `User-Agent`, and no body.
import { keeping, type Listed } from '../base.ts'
import { quoted } from './json.ts'
import type { LineWriter } from './lines.ts'
import type { ExchangeRecord, Observe, ObservedOperation } from './record.ts'
import { pathRedaction } from './redact.ts'

export interface AccessLogSetup {
  readonly lines: LineWriter
  /** Names of path parameters whose values stay out of the log. */
  readonly redact?: readonly string[]
}

export interface AccessLog {
  /** An observer for one snapshot. */
  bind(operations: Listed<ObservedOperation>): Observe
}

export function createAccessLog({ lines, redact = [] }: AccessLogSetup): AccessLog {
  const timeText = createTimeText()
  return {
    bind(operations) {
      const redaction = pathRedaction(operations, redact)
      // Quoted once a snapshot, not once a request.
      const namesOf = keeping((index) => operationText(operations.at(index)!))
      return (record) => {
        const { operation } = record
        const path = redaction.path(operation, record.path)
        const names = operation < 0 ? '' : namesOf(operation)
        lines.line(recordLine(record, timeText(record.finishedEpochMs), path, names))
      }
    },
  }
}

const methodCharsMax = 32
const pathCharsMax = 2048
const hostCharsMax = 255
const reasonCharsMax = 512
const userAgentCharsMax = 256
const templateCharsMax = 512

function operationText({ id, template }: ObservedOperation): string {
  return `,"operation":${quoted(id, templateCharsMax)},"route":${quoted(template, templateCharsMax)}`
}

function recordLine(record: ExchangeRecord, time: string, path: string, operation: string): string {
  const { closed, endpoint, fault, grpcStatus, reason, shadows, userAgent } = record
  return `{"time":"${time}","id":${quoted(record.id, 128)},"method":${quoted(record.method, methodCharsMax)},"httpVersion":"${record.httpVersion}","host":${quoted(record.host, hostCharsMax)},"path":${quoted(path, pathCharsMax)}${operation},"status":${record.status}${
    grpcStatus === undefined ? '' : `,"grpcStatus":${grpcStatus}`
  }${
    fault === undefined ? '' : `,"fault":"${fault}"`
  }${optional('reason', reason, reasonCharsMax)},"client":${quoted(record.clientAddress, 64)},"requestBytes":${record.requestBytes},"replyBytes":${record.replyBytes},"durationMs":${msText(record.durationMs)},"upstreamMs":${msText(record.upstreamMs)}${optional('endpoint', endpoint, hostCharsMax)}${optional('userAgent', userAgent, userAgentCharsMax)}${
    closed === undefined ? '' : `,"closeCode":${closed.code},"closedBy":"${closed.by}"`
  }${
    shadows.length === 0 ? '' : `,"shadows":${JSON.stringify(shadows.map(({ policy }) => policy))}`
  }}\n`
}

function optional(name: string, text: string | undefined, charsMax: number): string {
  return text === undefined ? '' : `,"${name}":${quoted(text, charsMax)}`
}

// To the microsecond, from whole numbers: writing out a double takes three times as long.
function msText(ms: number): string {
  const us = Math.round(ms * 1000)
  if (!(us >= 0 && us < 2 ** 31)) return Number.isFinite(us) ? String(us / 1000) : 'null'
  return `${Math.trunc(us / 1000)}${thousandths[us % 1000]}`
}

const thousandths = Array.from({ length: 1000 }, (_, us) =>
  us === 0 ? '' : `.${String(us).padStart(3, '0')}`,
)

// RFC 3339. Records come in bursts within one second, so all but the milliseconds is kept.
function createTimeText(): (epochMs: number) => string {
  let second = Number.NaN
  let text = ''
  return (epochMs) => {
    const wholeMs = Math.trunc(epochMs)
    const ms = wholeMs % 1000
    if (wholeMs - ms !== second) {
      second = wholeMs - ms
      text = new Date(second).toISOString().slice(0, -4)
    }
    return `${text}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
  }
}
