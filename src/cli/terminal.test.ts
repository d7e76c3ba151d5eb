import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keysIn } from './terminal.ts'

const pressed: [says: string, text: string, want: string[]][] = [
  ['a letter', 'q', ['q']],
  ['an arrow', '\u001B[A', ['\u001B[A']],
  ['an arrow of an application keyboard', '\u001BOB', ['\u001BOB']],
  ['keys that came together', 'j\u001B[6~\u0003', ['j', '\u001B[6~', '\u0003']],
  ['Escape alone', '\u001B', ['\u001B']],
  ['a letter beyond ASCII', 'é😀', ['é', '😀']],
]

for (const [says, text, want] of pressed) {
  test(`keys: ${says}`, () => assert.deepEqual(keysIn(text), want))
}
