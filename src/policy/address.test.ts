import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base.ts'
import { addressText, parseAddress } from '../http.ts'
import { addressKey, addressWords, readAddress, readWords } from './address.ts'

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0')

function keyOf(address: string): string {
  readAddress(address)
  return word(addressKey.high) + word(addressKey.low)
}

const keys: readonly [says: string, address: string, want: string][] = [
  ['IPv4', '1.2.3.4', 'ffff000001020304'],
  ['the highest IPv4', '255.255.255.255', 'ffff0000ffffffff'],
  ['a whole IPv6', '2001:db8:1:2:3:4:5:6', '20010db800010002'],
  ['zeros at the end', '2001:db8::', '20010db800000000'],
  ['zeros in the middle', '2001:db8::7:8', '20010db800000000'],
  ['zeros within the first four groups', '2001::5:6:7:8:9', '2001000000000005'],
  ['one group of zeros', '2001:db8::3:4:5:6:7', '20010db800000003'],
  ['loopback', '::1', '0000000000000000'],
  ['upper case', '2001:DB8:ABCD::1', '20010db8abcd0000'],
]

for (const [says, address, want] of keys) {
  test(`an address is two words: ${says}`, () => assert.equal(keyOf(address), want))
}

test('addresses of one /64 are one client, of two they are two', () => {
  assert.equal(keyOf('2001:db8:0:1::1'), keyOf('2001:db8:0:1:ffff:ffff:ffff:ffff'))
  assert.notEqual(keyOf('2001:db8:0:1::1'), keyOf('2001:db8:0:2::1'))
})

function wordsOf(address: string): string {
  const count = readWords(address)
  return [...addressWords.subarray(0, count)].map(word).join(' ')
}

const wholes: readonly [says: string, address: string, want: string][] = [
  ['IPv4', '203.0.113.255', 'cb0071ff'],
  ['a whole IPv6', '2001:db8:1:2:3:4:5:6', '20010db8 00010002 00030004 00050006'],
  ['nothing but zeros', '::', '00000000 00000000 00000000 00000000'],
  ['zeros first', '::ffff', '00000000 00000000 00000000 0000ffff'],
  ['zeros last', 'fe80::', 'fe800000 00000000 00000000 00000000'],
  ['zeros within', '1::f:2', '00010000 00000000 00000000 000f0002'],
  ['one group of zeros', '1:2:3::5:6:7:8', '00010002 00030000 00050006 00070008'],
  ['no address at all', 'unknown', ''],
]

for (const [says, address, want] of wholes) {
  test(`an address is read whole: ${says}`, () => {
    readWords('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')
    assert.equal(wordsOf(address), want)
  })
}

test('clients without an address share one bucket', () => {
  assert.equal(keyOf('unknown'), keyOf('unknown'))
  assert.equal(keyOf('unknown'), 'ffff000000000000')
})

test('every text that the gateway gives an address is read as it was meant', () => {
  const random = seededRandom(11)
  const group = () => (random() < 0.6 ? 0 : Math.floor(random() * 0x1_0000) >>> (random() * 16))
  for (let round = 0; round < 5_000; round++) {
    const text = addressText(Array.from({ length: 8 }, group))
    const meant = parseAddress(text)!
      .map((one) => one.toString(16).padStart(4, '0'))
      .join('')
    assert.equal(
      wordsOf(text).replaceAll(' ', ''),
      text.includes('.') ? meant.slice(24) : meant,
      text,
    )
  }
})
