import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FieldLines } from '../http2/field-lines.ts'
import { huffmanEncode } from '../http2/huffman.ts'
import { decodeSection, encodeField, encodeSection } from './qpack.ts'
import { staticTable } from './static-table.ts'

function decoded(block: Buffer): FieldLines | undefined {
  const lines = new FieldLines()
  lines.begin(64 * 1024, 200)
  return decodeSection(block, lines) ? lines : undefined
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')

test('the example of RFC 9204 B.1 reads as it says', () => {
  const lines = decoded(bytesOf('0000 510b 2f69 6e64 6578 2e68 746d 6c'))
  assert.equal(lines?.path, '/index.html')
})

test('what is encoded is decoded, every row of the static table too', () => {
  const rows = staticTable.filter(([name]) => !name.startsWith(':'))
  const text = [...rows, ['x-own', 'a, b'], ['etag', '"1"'], ['x-empty', '']]
    .filter(([name]) => name !== 'cookie')
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const lines = decoded(Buffer.from(encodeSection('204', text), 'latin1'))
  assert.equal(lines?.status, '204')
  assert.equal(lines?.broken, undefined)
  assert.equal(lines?.text, text)
})

test('a row that stands in the table takes one or two bytes, and has the index of the RFC', () => {
  const cases: [name: string, value: string, index: number][] = [
    [':path', '/', 1],
    [':method', 'GET', 17],
    [':status', '200', 25],
    ['content-type', 'application/json', 46],
    ['x-content-type-options', 'nosniff', 61],
    ['alt-svc', 'clear', 83],
    ['x-frame-options', 'sameorigin', 98],
  ]
  for (const [name, value, index] of cases) {
    const bytes = Buffer.from(encodeField(name, value), 'latin1')
    const want = index < 63 ? [0xc0 | index] : [0xff, index - 63]
    assert.deepEqual([...bytes], want, name)
  }
})

test('fields of connections of HTTP/1.1 are left out, names go in lower case', () => {
  const lines = 'Connection: close\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nKeep-Alive: 5\r\n'
  const block = Buffer.from(encodeSection('200', lines), 'latin1')
  assert.equal(decoded(block)?.text, 'x-a: 1\r\n')
})

test('names and values in the Huffman code are read', () => {
  const name = huffmanEncode('x-coded-name')!
  const value = huffmanEncode('some value')!
  const head = Buffer.from([0, 0, 0x20 | 0x08 | 7, name.length - 7])
  const parts = [head, Buffer.from(name, 'latin1')]
  parts.push(Buffer.from([0x80 | value.length]), Buffer.from(value, 'latin1'))
  assert.equal(decoded(Buffer.concat(parts))?.text, 'x-coded-name: some value\r\n')
})

test('a section that is broken, or leans on a table that is not there, is none', () => {
  const cases: [says: string, hex: string][] = [
    ['nothing at all', ''],
    ['a prefix cut off', '00'],
    ['an entry that must have come first', '0200 d1'],
    ['an indexed row of the dynamic table', '0000 80'],
    ['a name of the dynamic table', '0000 40 0161'],
    ['a row behind the base', '0000 10'],
    ['a name behind the base', '0000 00 0161'],
    ['a row beyond the table', '0000 ff24'],
    ['a name beyond the table', '0000 5f7f 0161'],
    ['an index that does not end', '0000 ffffffffffffffff'],
    ['a value cut off', '0000 51 0b2f'],
    ['a name cut off', '0000 27ff0161'],
    ['a value that is missing', '0000 51'],
    ['broken Huffman code', '0000 51 82 ffff'],
  ]
  for (const [says, hex] of cases) assert.equal(decoded(bytesOf(hex)), undefined, says)
})

test('what could end a line early, or name another field, breaks the section', () => {
  const cases: [name: string, value: string][] = [
    ['x', 'a\r\nevil: 1'],
    ['x', 'a\0'],
    ['x', ' a'],
    ['X', 'a'],
    ['x y', 'a'],
    ['', 'a'],
    ['connection', 'x'],
    ['transfer-encoding', 'chunked'],
    ['te', 'gzip'],
    [':unknown', 'a'],
  ]
  for (const [name, value] of cases) {
    const text =
      name.length < 7
        ? String.fromCharCode(0x20 | name.length)
        : `\x27${String.fromCharCode(name.length - 7)}`
    const block = Buffer.from(
      `\0\0${text}${name}${String.fromCharCode(value.length)}${value}`,
      'latin1',
    )
    assert.notEqual(decoded(block)?.broken, undefined, `${name}: ${value}`)
  }
})
