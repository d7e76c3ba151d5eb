// What each policy said, read off what an exchange left behind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decisionsOf, type Told } from './decisions.ts'

type Exchange = Parameters<typeof decisionsOf>[1]

const told = (policy: string, phase: Told['phase'], mode = 'enforce'): Told => ({
  policy,
  phase,
  mode,
  origin: '',
  words: '',
})

/** As the registry has them, which is not the order in which they run. */
const policies = [
  told('ip', 'admit'),
  told('limit', 'admit'),
  told('limit', 'admit', 'off'),
  told('limit', 'admit'),
  told('headers', 'finish'),
  told('custom', 'prepare'),
  told('validation', 'several'),
]

const well: Exchange = {
  operation: 0,
  status: 200,
  fault: undefined,
  reason: undefined,
  refusedBy: undefined,
  refusedAt: undefined,
  shadows: [],
  endpoint: '10.0.0.1:80',
}

const note = { policy: 'limit', at: undefined, fault: 'LIMIT_EXCEEDED', reason: 'much' } as const
const unsent = { ...well, endpoint: undefined }

const behind = ['not reached', 'not reached', 'applies']
const none = ['passed', 'passed', 'off', 'passed', 'passed', 'passed', 'applies']

const cases: [says: string, given: Exchange, want: string[]][] = [
  ['all passed where nobody refused', well, none],
  [
    'the second limit refused: the one before it passed, those behind were not reached',
    { ...unsent, fault: 'LIMIT_EXCEEDED', refusedBy: 'limit', refusedAt: 2 },
    ['passed', 'passed', 'off', 'refused', ...behind],
  ],
  [
    'where its place is not known the first of that name is named',
    { ...unsent, fault: 'LIMIT_EXCEEDED', refusedBy: 'limit' },
    ['passed', 'refused', 'off', 'not reached', ...behind],
  ],
  [
    'a reply was refused: requests had passed all of them',
    { ...well, fault: 'UPSTREAM_INVALID_REPLY', refusedBy: 'validation' },
    ['passed', 'passed', 'off', 'passed', 'refused', 'passed', 'applies'],
  ],
  ['no endpoint was to be had: all had passed', { ...unsent, fault: 'UPSTREAM_UNREACHABLE' }, none],
  [
    'a body that is too long: only what needs the head was asked',
    { ...unsent, fault: 'CONTENT_TOO_LARGE' },
    ['passed', 'passed', 'off', 'passed', ...behind],
  ],
  [
    'a bug of ours: nobody knows how far it came',
    { ...unsent, fault: 'INTERNAL_ERROR' },
    ['not known', 'not known', 'off', 'not known', 'not known', 'not known', 'applies'],
  ],
  ['no operation: all had passed', { ...unsent, operation: -1, fault: 'NOT_FOUND' }, none],
]

for (const [says, given, want] of cases) {
  test(says, () => {
    const decisions = decisionsOf(policies, given)
    const order = 'ip limit limit limit validation custom headers'
    assert.equal(decisions.map(({ policy }) => policy).join(' '), order)
    assert.deepEqual(
      decisions.map(({ verdict }) => verdict),
      want,
    )
  })
}

const replies: [says: string, given: Exchange, want: string][] = [
  ['one that was replied', well, 'passed'],
  ['one that was only tried', { ...well, status: 0 }, 'applies'],
  ['one that had no reply', { ...well, fault: 'UPSTREAM_CLOSED', status: 502 }, 'applies'],
  [
    'one whose reply it refused',
    { ...well, fault: 'UPSTREAM_INVALID_REPLY', status: 502, refusedBy: 'reply-validation' },
    'refused',
  ],
]

for (const [says, given, want] of replies) {
  test(`who judges replies has its say of ${says}`, () => {
    const [judge] = decisionsOf([told('reply-validation', 'verify')], given)
    assert.equal(judge!.verdict, want)
  })
}

test('a policy in shadow says what it would have refused, at its own place', () => {
  const both = [told('limit', 'admit', 'shadow'), told('limit', 'admit', 'shadow')]
  const decisions = decisionsOf(both, { ...well, shadows: [{ ...note, at: 1 }] })
  assert.deepEqual(
    decisions.map(({ verdict, fault, reason }) => [verdict, fault, reason]),
    [
      ['passed', undefined, undefined],
      ['would refuse', 'LIMIT_EXCEEDED', 'much'],
    ],
  )
})
