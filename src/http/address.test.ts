import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { addressText, parseAddress } from '../http.ts'

test('an address has one text', () => {
  const rows: [text: string, want: string][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:A00:1', '10.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ]
  for (const [text, want] of rows) assert.equal(addressText(parseAddress(text)!), want, text)
})

test('what is an address agrees with node:net', () => {
  const piece = fc.constantFrom(
    '0',
    '1',
    'ab',
    'FFFF',
    '12345',
    '255',
    '256',
    '01',
    ':',
    '::',
    '.',
    ':',
    '.',
  )
  const law = fc.property(fc.array(piece, { maxLength: 17 }), (pieces) => {
    const text = pieces.join('')
    const parsed = parseAddress(text)
    assert.equal(parsed !== undefined, isIP(text) !== 0, text)
    if (parsed !== undefined) assert.deepEqual(parseAddress(addressText(parsed)), parsed, text)
  })
  fc.assert(law, { seed: 20_260_312, numRuns: 20_000 })
})
