// Colour, columns and plurals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counted, paintFor, table, wantsColour } from './style.ts'

const terminal = { write: () => true, isTTY: true }
const pipe = { write: () => true }

const colours: [says: string, given: Parameters<typeof wantsColour>, want: boolean][] = [
  ['a terminal has colour', [terminal, {}], true],
  ['a pipe has none', [pipe, {}], false],
  ['NO_COLOR takes it away', [terminal, { NO_COLOR: '1' }], false],
  ['an empty NO_COLOR says nothing', [terminal, { NO_COLOR: '' }], true],
  ['FORCE_COLOR gives it to a pipe', [pipe, { FORCE_COLOR: '1' }], true],
  ['FORCE_COLOR=0 takes it away', [terminal, { FORCE_COLOR: '0' }], false],
  ['NO_COLOR wins', [pipe, { NO_COLOR: '1', FORCE_COLOR: '1' }], false],
  ['a dumb terminal has none', [terminal, { TERM: 'dumb' }], false],
]

for (const [says, given, want] of colours) {
  test(says, () => assert.equal(wantsColour(...given), want))
}

test('columns line up, coloured or not, and lines end with their text', () => {
  const paint = paintFor(terminal, {})
  const lines = table([
    [paint('bold', 'a'), 'b'],
    ['long', ''],
    ['x', 'y'],
  ])
  assert.equal(lines, `${paint('bold', 'a')}     b\nlong\nx     y\n`)
})

test('nouns agree with their count', () => {
  assert.deepEqual(
    [0, 1, 2].map((n) => counted(n, 'error')),
    ['0 errors', '1 error', '2 errors'],
  )
})
