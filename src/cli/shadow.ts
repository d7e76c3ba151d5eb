// `concordat shadow`: what policies in shadow would have refused, as a running gateway's admin port
// tells it, and what enforcing them would mean.
import { askAdmin } from './admin-client.ts'
import { sayError } from './build.ts'
import { readShadows, type Shadowed, type ShadowedPolicy, type ShadowedRow } from './shadow-json.ts'
import { counted, type Paint, paintFor, table } from './style.ts'
import { terminalJson } from './terminal-json.ts'
import { harmless } from './top-parse.ts'
import { whereToLook } from './unanswered.ts'
import type { ExitCode, World } from './world.ts'

export interface ShadowOptions {
  readonly admin: URL
  readonly json: boolean
  /** Of all policies, this one. */
  readonly policy?: string | undefined
}

export async function shadow(options: ShadowOptions, world: World): Promise<ExitCode> {
  const { admin, json, policy } = options
  const asked = await askAdmin(admin, '/shadow')
  const failed = 'failed' in asked ? asked.failed : 'refused' in asked ? asked.refused : undefined
  if (failed !== undefined) {
    sayError(world, `no report from ${admin.host}: ${failed}`)
    world.err.write(whereToLook)
    return 1
  }
  const report = 'data' in asked ? readShadows(asked.data) : undefined
  if (report === undefined) {
    sayError(world, `what ${admin.host} answered is no report`)
    return 1
  }
  const shown = {
    since: report.since,
    policies: report.policies.filter((one) => policy === undefined || one.policy === policy),
  }
  if (json) world.out.write(`${terminalJson(shown)}\n`)
  else world.out.write(shadowText(shown, policy, paintFor(world.out, world.env)))
  return 0
}

export function shadowText(
  { since, policies }: Shadowed,
  policy: string | undefined,
  paint: Paint,
): string {
  if (policies.length === 0) {
    const which = policy === undefined ? 'no policy' : `no policy '${harmless(policy)}'`
    return `${which} has judged a request in shadow since ${clockText(since)}\n`
  }
  const rows = policies.flatMap((one) => one.rows.map((row) => cellsOf(one, row)))
  const head = ['policy', 'operation', 'client', 'would refuse', 'of', 'last', 'fault', 'example']
  const lines =
    rows.length === 0 ? '' : `${table([head.map((one) => paint('bold', one)), ...rows])}\n`
  return lines + policies.map((one) => `${closing(one)}\n`).join('')
}

function cellsOf({ policy }: ShadowedPolicy, row: ShadowedRow): string[] {
  const { operation, client, wouldRefuse, requests, last, fault, requestId } = row
  const isOthers = client === null
  return [
    policy,
    isOthers ? 'several' : (operation ?? '(none)'),
    client ?? 'others',
    String(wouldRefuse),
    requests === null ? '' : String(requests),
    clockText(last),
    fault,
    requestId,
  ].map(harmless)
}

/** What enforcing it would mean. */
function closing({ policy, requests, wouldRefuse, clients, since, rows }: ShadowedPolicy): string {
  const whole = `${grouped(requests)} ${requests === 1 ? 'request' : 'requests'}`
  const from = `since ${clockText(since)}`
  const name = harmless(policy)
  if (wouldRefuse === 0) return `enforcing '${name}' would have refused none of ${whole} ${from}`
  const more = rows.some(({ client }) => client === null) ? 'more than ' : ''
  const who = `${more}${counted(clients, 'client')}`
  return `enforcing '${name}' would have refused ${grouped(wouldRefuse)} of ${whole} from ${who} ${from}`
}

const grouped = (count: number): string => count.toLocaleString('en-US')

/** The time where the operator is, with the day where that is not today's. */
function clockText(date: Date): string {
  const time = date.toTimeString().slice(0, 5)
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday ? time : `${date.toLocaleDateString('sv-SE')} ${time}`
}
