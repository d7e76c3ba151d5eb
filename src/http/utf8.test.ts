// UTF-8 in pieces, held against the platform's own decoder.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Utf8Check } from './utf8.ts'

function isUtf8(...pieces: Uint8Array[]): boolean {
  const check = new Utf8Check()
  return pieces.every((piece) => check.push(piece)) && !check.isWithin
}

function isDecoded(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

test('UTF-8 is what the table of Unicode says, and no more', () => {
  const cases: [says: string, hex: string, want: boolean][] = [
    ['nothing', '', true],
    ['every length', '61 c2a2 e282ac f09f9880', true],
    ['the first and last of two bytes', 'c280 dfbf', true],
    ['the first and last of three bytes', 'e0a080 efbfbf', true],
    ['around the surrogates', 'ed9fbf ee8080', true],
    ['the last of all', 'f48fbfbf', true],
    ['a surrogate', 'eda080', false],
    ['the last surrogate', 'edbfbf', false],
    ['beyond the last', 'f4908080', false],
    ['overlong, two bytes', 'c080', false],
    ['overlong, three bytes', 'e09fbf', false],
    ['overlong, four bytes', 'f08fbfbf', false],
    ['five bytes', 'f888808080', false],
    ['a continuation alone', '80', false],
    ['a character cut off', 'e282', false],
    ['a character broken off', 'e28261', false],
    ['0xff', 'ff', false],
  ]
  for (const [says, hex, want] of cases) {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    assert.equal(isUtf8(bytes), want, says)
    assert.equal(isDecoded(bytes), want, says)
    assert.equal(
      isUtf8(...Array.from(bytes, (byte) => Uint8Array.of(byte))),
      want,
      `${says}, split`,
    )
  }
})

test('any bytes are judged as the platform judges them, wherever they are split', () => {
  const some = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }).map((said) => new TextEncoder().encode(said)),
      fc.uint8Array({ maxLength: 2, min: 0x70 }),
    ),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(some, (pieces) => {
      assert.equal(isUtf8(...pieces), isDecoded(Buffer.concat(pieces)))
    }),
    { numRuns: 500 },
  )
})
