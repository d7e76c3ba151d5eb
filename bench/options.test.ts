// What the command line of the bench takes and refuses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions } from './options.ts'

const wantedBy = (...args: string[]): readonly string[] => {
  const options = readOptions(args)
  return 'text' in options ? [options.text.split('\n', 1)[0] ?? ''] : options.wanted
}

test('without options everything is measured', () => {
  const all =
    'relay reply64k contract post10k transfer idle operations loading workers policies start schema ' +
    'steps tls h2-h1 h2-64k h2-h2 grpc websocket sse idle-websockets'
  assert.deepEqual(wantedBy(), all.split(' '))
})

test('all protocols are a case of their own, whose results may be kept', () => {
  const all = 'tls h2-h1 h2-64k h2-h2 grpc websocket sse idle-websockets'
  assert.deepEqual(wantedBy('--case', 'protocols', '--save'), all.split(' '))
})

test('a script in the place of Concordat is measured as a relay', () => {
  assert.deepEqual(wantedBy('--gateway', 'x.ts'), ['relay'])
  assert.deepEqual(wantedBy('--gateway', 'x.ts', '--case', 'post10k'), ['post10k'])
})

const refused: readonly [says: string, args: string[], want: RegExp][] = [
  ['an unknown case', ['--case', 'relays'], /No case is named 'relays'/],
  ['an unknown option', ['--fast'], /Unknown option '--fast'/],
  ['no rounds', ['--rounds', '0'], /--rounds is a whole number/],
  ['a part of a second', ['--seconds', '0.5'], /--seconds is a whole number/],
  ['results of a part', ['--save', '--case', 'relay'], /Only whole runs/],
  ['a contract for every case', ['--contract', 'x.json'], /--contract goes with --case loading/],
  [
    'a contract for another case',
    ['--contract', 'x', '--case', 'idle'],
    /goes with --case loading/,
  ],
  ['results of a short run', ['--save', '--quick'], /Only whole runs/],
]

for (const [says, args, want] of refused)
  test(`${says}: refused, with the reason first`, () => {
    assert.match(wantedBy(...args)[0] ?? '', want)
  })

const efforts: readonly [args: string[], rounds: number, seconds: number][] = [
  [[], 9, 3],
  [['--quick'], 2, 1],
  [['--quick', '--rounds', '4'], 4, 1],
  [['--seconds', '5'], 9, 5],
]

for (const [args, rounds, seconds] of efforts)
  test(`'${args.join(' ')}' is ${rounds} rounds of ${seconds} s`, () => {
    const options = readOptions(args)
    assert.ok('rounds' in options)
    assert.deepEqual([options.rounds, options.seconds], [rounds, seconds])
  })

test('one contract may be loaded', () => {
  const options = readOptions(['--case', 'loading', '--contract', 'x.json'])
  assert.ok('contract' in options)
  assert.equal(options.contract, 'x.json')
})

test('help is no mistake', () => {
  const options = readOptions(['--help'])
  assert.ok('text' in options && options.asked)
})
