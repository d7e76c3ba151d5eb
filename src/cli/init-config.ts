// Drafts `concordat.yaml`: each setting with the reason for it, so that whoever changes it knows
// what he gives up.
import type { Answers, Audience } from './init-answers.ts'

export interface ConfigSetting {
  readonly answers: Answers
  /** As the configuration names it. */
  readonly contract: string
  /** Whether an operation of the contract asks for a credential. */
  readonly hasSecurity: boolean
}

export function draftConfig(setting: ConfigSetting): string {
  const { answers, contract } = setting
  const blocks = [
    [
      '# Drafted by `concordat init`: every line is yours to change. `concordat check` says what it means.',
    ],
    [
      '# Routes, validation and the documentation come from the contract.',
      `contract: ${quoted(contract)}`,
    ],
    [...audienceReason[answers.audience], `audience: ${answers.audience}`],
    [
      '# Where the service is. More addresses in this list share the work.',
      'upstreams:',
      '  service:',
      `    endpoints: [${quoted(answers.upstream)}]`,
    ],
    limitLines(answers),
    policyLines(setting),
  ]
  return `${blocks
    .filter((one) => one.length > 0)
    .map((one) => one.join('\n'))
    .join('\n\n')}\n`
}

const audienceReason: Readonly<Record<Audience, readonly string[]>> = {
  public: [
    '# Anybody may call: the strictest defaults. Undeclared query parameters are refused, and errors',
    '# of the service that the contract does not declare never reach a client.',
  ],
  partner: [
    '# Known companies call: as strict with requests as for the public, but limits are wider and',
    '# errors of the service are passed on, for partners have to see them.',
  ],
  internal: [
    '# Colleagues call: bodies and parameters are checked, the rest is left to them. There is no',
    '# limit unless one is written, and undeclared query parameters pass.',
  ],
}

/** YAML in single quotes: nothing in it means anything. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Beyond this many times of what is usual it is not slow, it hangs. */
const patience = 4

function limitLines({ slowestMs }: Answers): string[] {
  return [
    'limits:',
    `  # The slowest reply takes about ${seconds(slowestMs)} on a good day. What takes ${patience} times that hangs, and would`,
    '  # hold connections that others need: it is answered 504.',
    `  firstByteTimeoutMs: ${patience * slowestMs}`,
  ]
}

const seconds = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`)

function policyLines({ answers, hasSecurity }: ConfigSetting): string[] {
  const lines = [
    ...(hasSecurity ? authLines : []),
    ...rateLines(answers),
    ...(answers.isShadow ? shadowLines : []),
  ]
  return lines.length === 0 ? [] : ['policies:', ...lines]
}

const authLines = [
  '  # The credential that the contract asks for has to be there, else 401. Whether it is good the',
  '  # service decides: it is forwarded untouched.',
  '  auth: upstream',
]

/** A client that was away may ask for what it missed, but not for a whole minute at once. */
const burstShare = 4

function rateLines({ requestsPerMinute, audience, isShadow }: Answers): string[] {
  if (requestsPerMinute === 0) {
    const reason = '  # No limit was wanted: one client can take all there is.'
    return audience === 'internal' ? [] : [reason, '  limit: { mode: off }']
  }
  const burst = Math.max(1, Math.ceil(requestsPerMinute / burstShare))
  const mode = isShadow ? ', mode: shadow' : ''
  // For colleagues there is no default to take it from.
  const addresses = audience === 'internal' ? ', addressesMax: 50000' : ''
  return [
    `  # Each client address may send ${requestsPerMinute} requests a minute, ${burst} of them at once after a pause;`,
    '  # beyond that 429 says when to come back.',
    `  limit: { requestsMax: ${requestsPerMinute}, windowMs: 60000, burstMax: ${burst}${addresses}${mode} }`,
  ]
}

const shadowLines = [
  '  # At first nothing that clients do today is refused: what would be is counted and logged. Take',
  '  # `mode: shadow` away once the counts are what you expect.',
  '  validation: { mode: shadow }',
]
