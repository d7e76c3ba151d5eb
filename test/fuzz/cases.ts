// One case of a run: thrown, sent whole and sent cut once, and held against what can be said
// without another reader. What it sent is for other readers to judge.
import { type Dice, diceOf } from './dice.ts'
import { replyCase, type ReplyCase } from './replies.ts'
import { requestCase, type SoundRequest } from './requests.ts'
import type { Cut, Outcome, Subject } from './subject.ts'
import { withoutIds } from './subject.ts'

export type Direction = 'request' | 'reply'

/** What one request must be to every reader. */
export interface RequestClaim {
  readonly case: number
  readonly id: string
  readonly text: string
  readonly method: string
  readonly target: string
  readonly bodyBytes: number
}

/** What one reply must be to every reader. */
export interface ReplyClaim {
  readonly case: number
  readonly id: string
  readonly text: string
  readonly isHead: boolean
  readonly status: number
  readonly bodyBytes: number
  readonly interims: number
  readonly untilClose: boolean
  readonly whole: boolean
  /** Whether another reply may follow on the connection. */
  readonly keeps: boolean
}

export interface Played {
  readonly input: string
  readonly requests: readonly RequestClaim[]
  readonly torn: readonly string[]
  readonly replies: readonly ReplyClaim[]
  readonly statuses: readonly number[]
  readonly faults: readonly string[]
  readonly problems: readonly string[]
}

export function play(direction: Direction, subject: Subject, seed: number, index: number): Played {
  const dice = diceOf(seed, index)
  return direction === 'request'
    ? playRequest(subject, dice, index)
    : playReply(subject, dice, index)
}

function playRequest(subject: Subject, dice: Dice, index: number): Played {
  const { bytes, sound } = requestCase(dice)
  const whole = subject.request(bytes, undefined, undefined)
  const cutAt = dice.between(1, Math.max(1, bytes.length - 1))
  const cut = subject.request(bytes, cutAt, dice.chance(0.3) ? dice : undefined)
  const problems = [...whole.broken, ...cut.broken]
  problems.push(...difference(whole, cut).map((text) => `cut at ${cutAt}: ${text}`))
  if (sound !== undefined && !isAs(sound, whole)) problems.push('a sound request was not forwarded')
  return played(bytes, index, dice.chance(0.5) ? whole : cut, problems)
}

function playReply(subject: Subject, dice: Dice, index: number): Played {
  const one = replyCase(dice)
  const cut = cutOf(one, dice)
  const whole = subject.reply(one, undefined, undefined)
  const inTwo = subject.reply(one, cut, dice.chance(0.3) ? dice : undefined)
  const problems = [...whole.broken, ...inTwo.broken]
  const told = `reply ${cut.turn} cut at ${cut.at}`
  problems.push(...replyDifference(one, cut, whole, inTwo).map((text) => `${told}: ${text}`))
  return played(JSON.stringify(one), index, dice.chance(0.5) ? whole : inTwo, problems)
}

function cutOf({ turns }: ReplyCase, dice: Dice): Cut {
  const turn = dice.between(0, turns.length - 1)
  return { turn, at: dice.between(1, Math.max(1, turns[turn]!.reply.length - 1)) }
}

function played(
  input: string,
  index: number,
  { requests, torn, replies, log, ending }: Outcome,
  problems: readonly string[],
): Played {
  const methods = new Map(log.map(({ id, method }) => [id, method]))
  return {
    input,
    torn,
    problems,
    statuses: log.map(({ status }) => status),
    faults: log.map(({ fault }) => fault ?? ''),
    requests: requests.map(({ id, text, method, target, body }) => {
      return { case: index, id, text, method, target, bodyBytes: body.length }
    }),
    replies: replies.map((reply) => {
      const { id, text, status, interims, whole, framing, last } = reply
      return {
        case: index,
        id,
        text,
        status,
        interims,
        // A connection that was reset behind a whole reply is a whole reply.
        whole: whole && !(framing === 'untilClose' && ending !== 'finished'),
        isHead: methods.get(id) === 'HEAD',
        bodyBytes: reply.body.length,
        untilClose: framing === 'untilClose',
        keeps: whole && !last && framing !== 'untilClose',
      }
    }),
  }
}

const heads = ({ requests }: Outcome): string =>
  requests.map(({ head, body }) => `${withoutIds(head)}${body}`).join('\n')

/** A head that breaks two rules may be refused for either, as its parts come. */
const kind = (status: number) => (status >= 400 ? 'refused' : status)

const statuses = ({ log }: Outcome): string =>
  log
    .map(({ status }) => kind(status))
    .toSorted()
    .join()

const wholeReplies = ({ replies }: Outcome, count: number): string =>
  replies
    .slice(0, count)
    .filter((one) => one.whole)
    .map(({ status, body, framing }) => `${status} ${framing} ${withoutIds(body)}`)
    .join('\n')

/** What the upstream saw must not depend on how the bytes came. */
function difference(whole: Outcome, cut: Outcome): string[] {
  const problems: string[] = []
  if (heads(whole) !== heads(cut)) problems.push('other requests reached the upstream')
  if (statuses(whole) !== statuses(cut)) {
    problems.push(`statuses ${statuses(whole)} became ${statuses(cut)}`)
  }
  return problems
}

/**
 * What the client saw up to the reply that was cut must not depend on how it came. Behind it, bytes
 * too many come before or after the next request; a connection that ends is found so before or after
 * it; and a reset overtakes what it overtakes.
 */
function replyDifference(one: ReplyCase, { turn }: Cut, whole: Outcome, inTwo: Outcome): string[] {
  const before = one.turns.slice(0, turn)
  if (before.some(({ ending }) => ending !== 'open')) return []
  if (one.turns[turn]!.ending === 'reset') return []
  const isSame = wholeReplies(whole, turn + 1) === wholeReplies(inTwo, turn + 1)
  return isSame ? [] : ['the client saw other replies']
}

function isAs(sound: readonly SoundRequest[], { requests }: Outcome): boolean {
  if (requests.length !== sound.length) return false
  return sound.every(({ method, target, body }, i) => {
    const got = requests[i]!
    return got.method === method && got.target === target && got.body === body
  })
}
