import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameText } from './top-screen.ts'

const frames: [says: string, before: string[] | undefined, now: string[], want: RegExp][] = [
  ['the first frame clears the screen', undefined, ['a', 'b'], /\[2J.*\[1;1Ha.*\[2;1Hb/s],
  ['a line that changed is written alone', ['a', 'b'], ['a', 'c'], /^[^Ha]*\[2;1Hc[^Ha]*$/],
  ['a line that is gone is cleared', ['a', 'b'], ['a'], /\[2;1H.\[K/s],
  ['nothing changed, nothing is written', ['a'], ['a'], /^$/],
]

for (const [says, before, now, want] of frames) {
  test(says, () => assert.match(frameText(before, now), want))
}
