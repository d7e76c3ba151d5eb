// llhttp, strict for many years, as a second opinion: each of its cases is fed to our engine, whole
// and cut at every byte. Where the two differ, a table says why; a table that is wrong fails.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { fixturesAbsent } from '../../test/fixtures.ts'
import { type Hearing, hearReplies, hearRequests } from './engines-for-tests.ts'
import { type Case, casesOf } from './llhttp-pages.ts'
import { verdicts } from './llhttp-verdicts.ts'

interface Message {
  readonly line: string
  readonly fields: readonly string[]
  readonly body: string
}

/** What can be compared: the whole messages, and how it went on. */
interface Outcome {
  readonly messages: readonly Message[]
  readonly next: 'refused' | 'closes' | 'waits' | Message
}

/** What a message may not be without is put in where it is not what the case is about. */
function withHosts({ text, hostless, isRequest }: Case): string {
  if (!isRequest) return text
  let out = ''
  let from = 0
  for (const at of hostless) {
    if (!text.startsWith('\r\n', at)) continue
    out += `${text.slice(from, at + 2)}Host: llhttp\r\n`
    from = at + 2
  }
  return out + text.slice(from)
}

const ownFields = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

function fieldsOf(fields: readonly string[], isRequest: boolean): string[] {
  const kept: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    const value = fields[i + 1]!
    const added = name === 'Host' && value === 'llhttp'
    if (!added && (isRequest || !ownFields.has(name.toLowerCase()))) kept.push(name, value)
  }
  return kept
}

function outcomeOf(
  all: readonly (Message & { whole: boolean })[],
  end: 'refused' | 'closes' | undefined,
): Outcome {
  const plain = all.map(({ line, fields, body }) => ({ line, fields, body }))
  const last = all.at(-1)
  const partial = last?.whole === false ? plain.pop()! : undefined
  return { messages: plain, next: end ?? partial ?? 'waits' }
}

const theirs = ({ logged, error, isRequest }: Case): Outcome =>
  outcomeOf(
    logged.map((one) => ({ ...one, fields: fieldsOf(one.fields, isRequest) })),
    error === undefined ? undefined : /Data after/.test(error) ? 'closes' : 'refused',
  )

function ours(one: Case, parts: readonly Buffer[]): Outcome & Pick<Hearing, 'refused' | 'bugs'> {
  const { isRequest, ends: end, skipBody } = one
  const hear = (all: readonly Buffer[]) =>
    isRequest ? hearRequests(all, { end }) : hearReplies(all, skipBody ? 'HEAD' : 'GET', { end })
  const first = hear(parts)
  // We judge a head as a whole: one that llhttp gives up in its midst is brought to its end.
  const undecided = one.error !== undefined && one.inHead && !first.finished
  const hearing = undecided ? hear([...parts, Buffer.from('\r\n\r\n')]) : first
  const { refused, bugs } = hearing
  const messages = hearing.heard.map(({ line, headers, trailers, body, whole }) => {
    const fields = fieldsOf([...headers, ...trailers], isRequest)
    return { line, fields, body, whole }
  })
  const closes = hearing.finished ? 'closes' : undefined
  return { ...outcomeOf(messages, refused === undefined ? closes : 'refused'), refused, bugs }
}

const cases = fixturesAbsent === false ? [...casesOf('request'), ...casesOf('response')] : []

test(
  'each case of llhttp is understood as llhttp does, or the table says why not',
  { skip: fixturesAbsent },
  () => {
    const wrong: string[] = []
    for (const one of cases) {
      const { messages, next, refused } = ours(one, [Buffer.from(withHosts(one), 'latin1')])
      const same = isSame({ messages, next }, theirs(one))
      const verdict = verdicts[one.name]
      if (same === (verdict === undefined)) continue
      const now = same
        ? 'the two agree now'
        : `we say: ${refused ?? JSON.stringify({ messages, next })}, llhttp: ${one.lenient ?? 'strict'} ${one.error ?? JSON.stringify(theirs(one))}`
      wrong.push(`${one.name}\n    ${now}`)
    }
    assert.deepEqual(wrong, [])
  },
)

function isSame(us: Outcome, them: Outcome): boolean {
  // llhttp leaves it to its caller to close.
  const closes = us.next === 'closes' && them.next === 'waits'
  return isDeepStrictEqual(closes ? { ...us, next: 'waits' } : us, them)
}

test('the table names no case that is not there', { skip: fixturesAbsent }, () => {
  const names = new Set(cases.map(({ name }) => name))
  assert.equal(names.size, cases.length)
  assert.deepEqual(
    Object.keys(verdicts).filter((name) => !names.has(name)),
    [],
  )
})

test(
  'nothing that llhttp refuses in its strict mode is taken, unless the table says that it may be',
  { skip: fixturesAbsent },
  () => {
    for (const one of cases) {
      if (one.lenient !== undefined || theirs(one).next !== 'refused') continue
      if (verdicts[one.name]?.startsWith('other: ') === true) continue
      const { refused } = ours(one, [Buffer.from(withHosts(one), 'latin1')])
      assert.notEqual(refused, undefined, one.name)
    }
  },
)

test('where the bytes are cut changes nothing', { skip: fixturesAbsent }, () => {
  for (const one of cases) {
    const bytes = Buffer.from(withHosts(one), 'latin1')
    const whole = ours(one, [bytes])
    assert.deepEqual(whole.bugs, [], one.name)
    const all = [...bytes].map((_, at) => bytes.subarray(at, at + 1))
    const ways = all.map((_, at) =>
      [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0),
    )
    for (const parts of [...ways, all]) {
      const { messages, next, bugs } = ours(one, parts)
      const says = `${one.name}, cut as ${parts.map(({ length }) => length).join('+')}`
      assert.deepEqual({ messages, next }, { messages: whole.messages, next: whole.next }, says)
      assert.deepEqual(bugs, [], says)
    }
  }
})
