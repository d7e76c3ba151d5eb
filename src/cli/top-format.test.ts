import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesText, durationText, fitted, rateText, shareText, spanText } from './top-format.ts'

const texts: [what: string, got: string, want: string][] = [
  ['no rate', rateText(0), '0'],
  ['a rate that rounds to nothing', rateText(0.01), '<0.1'],
  ['a small rate', rateText(3.14), '3.1'],
  ['a rate', rateText(12_431.4), '12,431'],
  ['a great rate', rateText(1_234_567), '1.23 M'],
  ['no duration', durationText(undefined), '–'],
  ['microseconds', durationText(0.000_084), '0.08 ms'],
  ['milliseconds', durationText(0.0012), '1.2 ms'],
  ['many milliseconds', durationText(0.24), '240 ms'],
  ['nearly a second', durationText(0.9999), '1.0 s'],
  ['a minute', durationText(60), '60 s'],
  ['bytes', bytesText(900), '900 B'],
  ['what three digits cannot tell of bytes', bytesText(1001), '1.0 KiB'],
  ['kibibytes', bytesText(10 * 1024), '10 KiB'],
  ['mebibytes', bytesText(1.26 * 1024 ** 2), '1.3 MiB'],
  ['a share of nothing', shareText(0, 0), '–'],
  ['no share', shareText(0, 5), '0%'],
  ['a small share', shareText(1, 1000), '<1%'],
  ['a share', shareText(1, 8), '13%'],
  ['nearly all', shareText(9999, 10_000), '99%'],
  ['all', shareText(5, 5), '100%'],
  ['seconds', spanText(42_900), '42 s'],
  ['minutes', spanText(61_000), '1 min 1 s'],
  ['hours', spanText(7_200_000), '2 h'],
  ['days', spanText(187_200_000), '2 d 4 h'],
  ['a clock that is ahead of ours', spanText(-5), '0 s'],
  ['a text that fits', fitted('/a/b', 4), '/a/b'],
  ['one that does not', fitted('/v1/channels/{id}/messages', 11), '/v1/c…sages'],
  ['no room', fitted('/a/b', 0), ''],
]

for (const [what, got, want] of texts) {
  test(`${what}: ${want}`, () => assert.equal(got, want))
}
