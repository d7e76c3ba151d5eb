// Pairs of queries, forms and cookies: what counts, and how text is decoded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachPair, formDecoded } from './pairs.ts'

test('a plus is a space in short texts and long ones', () => {
  const long = 'caf\u00e9 \ufeff+'.repeat(500)
  const cases: [says: string, given: string, want: string][] = [
    ['short', 'a+b', 'a b'],
    ['an escaped plus stays', 'a%2Bb+c', 'a+b c'],
    ['long', long, long.replaceAll('+', ' ')],
    ['a byte order mark in front stays', `\ufeff${long}`, `\ufeff${long.replaceAll('+', ' ')}`],
  ]
  for (const [says, given, want] of cases) assert.equal(formDecoded(given), want, says)
})

test('empty pairs are passed over, all others visited up to the bound', () => {
  const cases: [given: string, pairsMax: number, want: string[], whole: boolean][] = [
    ['', 1, [], true],
    ['&&&', 0, [], true],
    ['&a&&b=1&', 2, ['a', 'b=1'], true],
    ['a&b&c', 2, ['a', 'b'], false],
  ]
  for (const [given, pairsMax, want, whole] of cases) {
    const pairs: string[] = []
    const all = eachPair(given, pairsMax, (_name, _value, pair) => void pairs.push(pair))
    assert.deepEqual([pairs, all], [want, whole], given)
  }
})
