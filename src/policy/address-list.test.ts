import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import { placeText, type Random, seededRandom } from '../base.ts'
import { addressText } from '../http.ts'
import { AddressList, readList } from './address-list.ts'
import {
  type AddressTable,
  isEmptyTable,
  isInTables,
  type Ranges,
  readTable,
} from './address-table.ts'

/** Through bytes, as a snapshot carries it. */
function tableOf(entries: readonly string[]): AddressTable {
  const list = new AddressList()
  for (const entry of entries) assert.equal(list.add(entry), undefined, entry)
  return readTable(list.bytes())
}

const mapped = [0, 0, 0xffff]

function textAt(bounds: Uint32Array, at: number, width: number): string {
  const own = [...bounds.subarray(at, at + width)]
  const words = width === 4 ? own : [...mapped.slice(0, 3), ...own]
  return addressText(words.flatMap((word) => [word >>> 16, word & 0xffff]))
}

const rangesIn = ({ width, firsts, lasts }: Ranges): string[] =>
  Array.from({ length: firsts.length / width }, (_, i) => {
    return `${textAt(firsts, i * width, width)} - ${textAt(lasts, i * width, width)}`
  })

const allIpv6 = ':: - ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'

const tables: readonly [says: string, entries: string[], want: string[]][] = [
  ['nothing', [], []],
  ['an address', ['192.0.2.1'], ['192.0.2.1 - 192.0.2.1']],
  ['an address as /32', ['192.0.2.1/32'], ['192.0.2.1 - 192.0.2.1']],
  ['all of IPv4', ['0.0.0.0/0'], ['0.0.0.0 - 255.255.255.255']],
  ['the last address', ['255.255.255.255'], ['255.255.255.255 - 255.255.255.255']],
  ['a mapped address', ['::ffff:192.0.2.1'], ['192.0.2.1 - 192.0.2.1']],
  ['a mapped range', ['::ffff:a00:0/104'], ['10.0.0.0 - 10.255.255.255']],
  ['all mapped addresses', ['::ffff:0:0/96'], ['0.0.0.0 - 255.255.255.255']],
  ['all of IPv6, and no IPv4', ['::/0'], [allIpv6]],
  ['a range around the mapped ones', ['::/64'], [':: - ::ffff:ffff:ffff:ffff']],
  ['an IPv6 address as /128', ['2001:DB8::1/128'], ['2001:db8::1 - 2001:db8::1']],
  [
    'a prefix within a word',
    ['2001:db8::/29'],
    ['2001:db8:: - 2001:dbf:ffff:ffff:ffff:ffff:ffff:ffff'],
  ],
  ['no order', ['10.0.0.9', '10.0.0.1'], ['10.0.0.1 - 10.0.0.1', '10.0.0.9 - 10.0.0.9']],
  ['the same twice', ['10.0.0.1', '10.0.0.1'], ['10.0.0.1 - 10.0.0.1']],
  ['one in another', ['10.1.0.0/16', '10.0.0.0/8', '10.2.3.4'], ['10.0.0.0 - 10.255.255.255']],
  ['neighbours', ['10.0.0.0/25', '10.0.1.0', '10.0.0.128/25'], ['10.0.0.0 - 10.0.1.0']],
  ['a gap of one', ['10.0.0.0', '10.0.0.2'], ['10.0.0.0 - 10.0.0.0', '10.0.0.2 - 10.0.0.2']],
  ['two halves', ['128.0.0.0/1', '0.0.0.0/1'], ['0.0.0.0 - 255.255.255.255']],
  ['two halves of IPv6', ['8000::/1', '::/1'], [allIpv6]],
  [
    'IPv6 neighbours across words',
    ['1::ffff:ffff:ffff:ffff', '1:0:0:1::'],
    ['1::ffff:ffff:ffff:ffff - 1:0:0:1::'],
  ],
  [
    'an IPv6 gap across words',
    ['1::ffff:ffff:ffff:fffe', '1:0:0:1::'],
    ['1::ffff:ffff:ffff:fffe - 1::ffff:ffff:ffff:fffe', '1:0:0:1:: - 1:0:0:1::'],
  ],
]

for (const [says, entries, want] of tables) {
  test(`a list becomes sorted ranges that do not touch: ${says}`, () => {
    const table = tableOf(entries)
    assert.deepEqual(table.flatMap(rangesIn), want)
    assert.equal(isEmptyTable(table), want.length === 0)
  })
}

const refused: readonly [text: string, why: RegExp][] = [
  ['10.0.0.1/8', /^has bits set beyond its prefix; did you mean 10\.0\.0\.0\/8\?$/],
  ['fe80::1%eth0', /^is no address range/],
  ['10.0.0.0-10.0.0.9', /^is no address range/],
  ['10.0.0.0/33', /^is no address range/],
  ['::/129', /^is no address range/],
  ['10.0.0', /^is no address range/],
  ['010.0.0.1', /^is no address range/],
  ['10.0.0.1:80', /^is no address range/],
  ['example.com', /^is no address range/],
  ['10.0.0.1 10.0.0.2', /^is no address range/],
]

for (const [text, why] of refused) {
  test(`not an address or range: ${text}`, () => {
    const list = new AddressList()
    assert.match(list.add(text)!, why)
    assert.equal(list.size, 0)
  })
}

/** Ranges and addresses of few bits, so that they meet. */
function makers(random: Random) {
  const below = (count: number) => Math.floor(random() * count)
  const ipv4 = (free: number) => `10.${below(2)}.${below(4)}.${below(2 ** free) * 2 ** (8 - free)}`
  const ipv6 = (free: number) =>
    `2001:db8:${below(2)}::${below(2)}:${(below(2 ** free) * 2 ** (16 - free)).toString(16)}`
  return { below, ipv4, ipv6 }
}

test('lists agree with the block list of Node', () => {
  const { below, ipv4, ipv6 } = makers(seededRandom(7))
  for (let round = 0; round < 300; round++) {
    const known = new BlockList()
    const entries = Array.from({ length: below(12) }, () => {
      const [family, free, whole] =
        below(2) === 0 ? ['ipv4', below(9), 24] : ['ipv6', below(17), 112]
      const first = family === 'ipv4' ? ipv4(free as number) : ipv6(free as number)
      const bits = Number(whole) + Number(free)
      known.addSubnet(first, bits, family as 'ipv4' | 'ipv6')
      return `${first}/${bits}`
    })
    const table = tableOf(entries)
    for (let asked = 0; asked < 100; asked++) {
      const isIpv4 = below(2) === 0
      const address = isIpv4 ? ipv4(8) : ipv6(16)
      const want = known.check(address, isIpv4 ? 'ipv4' : 'ipv6')
      assert.equal(isInTables([table], address), want, `${address} in ${entries.join(' ')}`)
    }
  }
})

test('an address is sought in every table, and none is in none', () => {
  const all = [tableOf(['10.0.0.0/8']), tableOf(['::1', '192.0.2.1'])]
  assert.equal(isInTables(all, '10.1.2.3'), true)
  assert.equal(isInTables(all, '192.0.2.1'), true)
  assert.equal(isInTables(all, '::1'), true)
  assert.equal(isInTables(all, '::2'), false)
  assert.equal(isInTables([tableOf(['0.0.0.0/0', '::/0'])], 'unknown'), false)
  assert.equal(isInTables([], '10.1.2.3'), false)
})

test('a table is read wherever its bytes lie', () => {
  const bytes = new AddressList()
  assert.equal(bytes.add('2001:db8::/32'), undefined)
  const odd = new Uint8Array([0, ...bytes.bytes()]).subarray(1)
  assert.equal(isInTables([readTable(odd)], '2001:db8::7'), true)
})

function read(text: string): { size: number; said: string[]; table: AddressTable } {
  const said: string[] = []
  const report = ({ place, message }: Parameters<Parameters<typeof readList>[1]>[0]) => {
    said.push(`${placeText(place)} ${message}`)
  }
  const list = readList({ path: 'deny.txt', text }, report)
  return { size: list.size, said, table: list.table() }
}

const texts: readonly [says: string, text: string, size: number][] = [
  ['nothing', '', 0],
  ['comments and empty lines', '# office\n\n  \n#10.0.0.1\n', 0],
  ['one line without its end', '10.0.0.1', 1],
  ['lines that end as on Windows', '10.0.0.1\r\n10.0.0.2\r\n', 2],
  ['space around, and a comment behind', '  10.0.0.0/8\t# office\n', 1],
]

for (const [says, text, size] of texts) {
  test(`a file of addresses holds what its lines say: ${says}`, () => {
    assert.deepEqual(read(text), { ...read(text), size, said: [] })
  })
}

test('what is wrong with a line is said with its place, and its text is not', () => {
  const { said, size } = read('10.0.0.1\n  secret=1 # no\r\n\n10.0.0.1/8\n')
  assert.equal(size, 1)
  assert.deepEqual(said, [
    'deny.txt:2:3 this is no address range such as 10.0.0.0/8 or fd00::/8',
    'deny.txt:4:1 this has bits set beyond its prefix; did you mean 10.0.0.0/8?',
  ])
})

test('of a file that is no list not every line is complained of', () => {
  assert.equal(read('x\n'.repeat(1_000)).said.length, 20)
})

test('a file has a bound', () => {
  const { size, said } = read('10.0.0.1\n'.repeat(1_000_002))
  assert.equal(size, 1_000_000)
  assert.deepEqual(said, ['deny.txt:1000001:1 this is beyond the 1000000 that a file may have'])
})
