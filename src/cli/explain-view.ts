// An explanation as a person reads it. Paths, names and reasons come from outside: nothing of them
// may steer the terminal.
import type { Decision, Verdict } from './decisions.ts'
import type { ExplainedOutcome } from './explanation.ts'
import type { Sending } from './sending.ts'
import { clipped, type Paint, table, type Tint } from './style.ts'
import { harmless } from './top-parse.ts'
import type { Tried } from './tried.ts'

const tints: Readonly<Partial<Record<Verdict, Tint>>> = {
  passed: 'green',
  applies: 'green',
  refused: 'red',
  'would refuse': 'yellow',
  'not reached': 'dim',
  'not known': 'dim',
  off: 'dim',
}

/** Tables are cut at `width`: of the configuration the beginning is enough. */
export function explanationText(tried: Tried, paint: Paint, width = Infinity): string {
  const { decisions, outcome, notes, sending } = tried
  return [
    headText(tried, paint),
    boundsText(tried),
    decisions.length === 0 ? '' : decisionsText(decisions, paint, width),
    `\n${outcomeText(outcome, paint)}`,
    detailsText(outcome),
    sending === null ? '' : sendingText(sending),
    ...notes.map((note) => `${paint('cyan', 'note')} ${harmless(note)}\n`),
  ].join('')
}

function headText(tried: Tried, paint: Paint): string {
  const { request, operation, upstream, protocol, revision } = tried
  const { id, at, durationMs, method, path, client } = request
  const named = operation && `${operation.id}  ${operation.method} ${operation.template}`
  const took = durationMs === null ? '' : `, ${durationMs.toFixed(1)} ms`
  const rows: [string, string][] = [
    ['operation', named ?? 'none'],
    ['upstream', upstream === null ? '–' : [upstream, protocol].filter(Boolean).join(', ')],
    ['client', client],
    ['revision', revision.slice(0, 12)],
  ]
  if (id !== null) rows.unshift(['request', `${id}  ${at ?? ''}${took}`])
  const cells = rows.filter(([, value]) => value !== '–').map((row) => row.map(harmless))
  return `${paint('bold', harmless(`${method} ${path}`))}\n${table(cells)}`
}

function boundsText({ bounds }: Tried): string {
  if (bounds.length === 0) return ''
  const rows = bounds.map(({ name, value, unit, default: usual, origin }) =>
    ['', name, `${value} ${unit}`, `in place of ${usual}`, origin].map(harmless),
  )
  return `\nbounds that are not the defaults\n${table(rows)}`
}

function decisionsText(decisions: readonly Decision[], paint: Paint, width: number): string {
  const head = ['', 'policy', 'mode', 'says', 'written', 'configuration']
  const rows = decisions.map((one) => {
    const { verdict, policy, mode, origin, words } = one
    const tint = tints[verdict]
    const says = saysOf(one)
    const cells = [policy, mode, says, origin, words].map(harmless)
    if (tint !== undefined) cells[2] = paint(tint, cells[2]!)
    return ['', ...cells]
  })
  const lines = table([head, ...rows]).replaceAll(/^.+$/gm, (line) => clipped(line, width))
  return `\npolicies, in the order in which they run\n${lines}`
}

/** A policy of one that is enforced has its refusal told below; one in shadow has only this line. */
function saysOf({ verdict, fault, reason }: Decision): string {
  if (verdict !== 'would refuse' || fault === undefined) return verdict
  return reason === undefined ? `${verdict}: ${fault}` : `${verdict}: ${fault} (${reason})`
}

function outcomeText(outcome: ExplainedOutcome, paint: Paint): string {
  switch (outcome.result) {
    case 'sent': {
      const status = outcome.status === null ? '' : `, which was answered ${outcome.status}`
      const verb = outcome.status === null ? 'would be sent' : 'was sent'
      return `${paint('green', verb)} to ${harmless(outcome.to)}${status}\n`
    }
    case 'answered':
      return `${paint('green', `answered ${outcome.status}`)} by the gateway itself\n`
    case 'refused': {
      const { by, fault, status, message } = outcome
      const who = by === null ? 'by the gateway itself' : `by ${by}`
      const code = status === 0 ? fault : `${status} ${fault}`
      const said = message === null ? '' : `: ${message}`
      return `${paint('red', `refused ${harmless(code)}`)} ${harmless(`${who}${said}`)}\n`
    }
  }
}

function detailsText(outcome: ExplainedOutcome): string {
  if (outcome.result !== 'refused') return ''
  const { details, reason } = outcome
  const rows = details.map(({ in: place, field, issue, message }) =>
    ['', `${place} ${field}`.trimEnd(), issue, message].map(harmless),
  )
  const why = reason === null ? [] : [['', 'reason', harmless(reason)]]
  return table(rows) + table(why)
}

function sendingText({ line, host, sets, removes }: Sending): string {
  const rows = [
    ['', line],
    ['', `Host: ${host}`],
    ...sets.map(({ name, value }) => ['+', value === null ? name : `${name}: ${value}`]),
    ...removes.map((name) => ['-', name]),
  ]
  return table(rows.map((row) => row.map(harmless)))
}
