// HPACK: the examples of RFC 7541, what a decoder refuses, and what an encoder never does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FieldLines } from './field-lines.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import { encodeField, encodeLines, encodeStatus } from './hpack-encoder.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')

interface Section {
  pseudo: (string | undefined)[]
  lines: string
  broken?: string
  isTooLarge?: true
}

function decode(decoder: HpackDecoder, block: Buffer, bytesMax = 16_384, fieldsMax = 100) {
  const into = new FieldLines()
  into.begin(bytesMax, fieldsMax)
  if (!decoder.decode(block, 0, block.length, into)) return 'broken'
  const { method, scheme, authority, path, status } = into
  const section: Section = {
    pseudo: status === undefined ? [method, scheme, authority, path] : [status],
    lines: into.text,
  }
  if (into.broken !== undefined) section.broken = into.broken
  if (into.isTooLarge) section.isTooLarge = true
  return section
}

const get = ['GET', 'http', 'www.example.com', '/']
const replies = [
  {
    pseudo: ['302'],
    lines:
      'cache-control: private\r\ndate: Mon, 21 Oct 2013 20:13:21 GMT\r\nlocation: https://www.example.com\r\n',
  },
  {
    pseudo: ['307'],
    lines:
      'cache-control: private\r\ndate: Mon, 21 Oct 2013 20:13:21 GMT\r\nlocation: https://www.example.com\r\n',
  },
]
const requests = [
  { pseudo: get, lines: '' },
  { pseudo: get, lines: 'cache-control: no-cache\r\n' },
  {
    pseudo: ['GET', 'https', 'www.example.com', '/index.html'],
    lines: 'custom-key: custom-value\r\n',
  },
]

test('the examples of RFC 7541, Appendix C, are decoded', () => {
  const rows: [says: string, blocks: string[], want: Section[]][] = [
    [
      'C.2.1 a literal with indexing',
      ['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'],
      [
        {
          pseudo: [undefined, undefined, undefined, undefined],
          lines: 'custom-key: custom-header\r\n',
        },
      ],
    ],
    [
      'C.2.2 a literal without indexing',
      ['040c 2f73 616d 706c 652f 7061 7468'],
      [{ pseudo: [undefined, undefined, undefined, '/sample/path'], lines: '' }],
    ],
    [
      'C.2.3 a literal that is never indexed',
      ['1008 7061 7373 776f 7264 0673 6563 7265 74'],
      [{ pseudo: [undefined, undefined, undefined, undefined], lines: 'password: secret\r\n' }],
    ],
    ['C.2.4 an index', ['82'], [{ pseudo: ['GET', undefined, undefined, undefined], lines: '' }]],
    [
      'C.3 requests',
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
      requests,
    ],
    [
      'C.4 requests in the Huffman code',
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
      requests,
    ],
    [
      'C.5 replies',
      [
        '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '4803 3330 37c1 c0bf',
      ],
      replies,
    ],
    [
      'C.6 replies in the Huffman code',
      [
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
        '4883 640e ffc1 c0bf',
      ],
      replies,
    ],
  ]
  for (const [says, blocks, want] of rows) {
    const decoder = new HpackDecoder()
    assert.deepEqual(
      blocks.map((block) => decode(decoder, hex(block))),
      want,
      says,
    )
  }
})

test('a block that is broken is told from one whose fields are', () => {
  const rows: [says: string, block: string][] = [
    ['index 0', '80'],
    ['an index behind both tables', 'be'],
    ['an index that does not end', 'ff'],
    ['an index that never would', 'ffffffffffffff00'],
    ['a name at an index that is none', '7f40 0161'],
    ['a literal without a value', '4001 61'],
    ['a text longer than its block', '4001 6105 61'],
    ['a text in the Huffman code that ends in zeros', '4001 6181 00'],
    ['padding of a whole byte', '4001 6182 1fff'],
    ['the end of string within a text', '4001 6184 ffff ffff'],
    ['a table larger than was offered', '3fe2 1f'],
    ['a size behind a field', '82 20'],
    ['a third size', '20 20 20'],
  ]
  for (const [says, block] of rows) {
    assert.equal(decode(new HpackDecoder(), hex(block)), 'broken', says)
  }
})

const literal = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.from([0x40, name.length]),
    Buffer.from(name, 'latin1'),
    Buffer.from([value.length]),
    Buffer.from(value, 'latin1'),
  ])

test('what could be another line, or another field to HTTP/1.1, is refused before it is in a line', () => {
  const wrongName = 'a field name is not a token in lower case'
  const wrongValue = 'a field value holds a control character, or blanks around it'
  const rows: [name: string, value: string, want: string][] = [
    ['', 'x', wrongName],
    ['X-Upper', 'x', wrongName],
    ['a b', 'x', wrongName],
    ['a:b', 'x', wrongName],
    ['a\r\nb', 'x', wrongName],
    ['a\0', 'x', wrongName],
    ['é', 'x', wrongName],
    ['a', 'x\r\ny: z', wrongValue],
    ['a', 'x\ny', wrongValue],
    ['a', 'x\0', wrongValue],
    ['a', '\x7f', wrongValue],
    ['a', ' x', wrongValue],
    ['a', 'x\t', wrongValue],
    [':path', '/\r\nx', wrongValue],
    [':unknown', 'x', 'a pseudo-field is unknown'],
    ['connection', 'close', 'a field concerns connections of HTTP/1.1'],
    ['keep-alive', 'timeout=1', 'a field concerns connections of HTTP/1.1'],
    ['proxy-connection', 'close', 'a field concerns connections of HTTP/1.1'],
    ['transfer-encoding', 'chunked', 'a field concerns connections of HTTP/1.1'],
    ['upgrade', 'h2c', 'a field concerns connections of HTTP/1.1'],
    ['te', 'gzip', 'TE is something other than `trailers`'],
  ]
  for (const [name, value, want] of rows) {
    const decoder = new HpackDecoder()
    // Once as a literal, once by the index that it has got.
    for (const block of [literal(name, value), hex('be')]) {
      const section = decode(decoder, block)
      assert.ok(section !== 'broken')
      assert.equal(section.broken, want, JSON.stringify([name, value]))
      assert.equal(section.lines, '')
    }
  }
})

test('pseudo-fields stand first, and once', () => {
  const rows: [block: string, want: string][] = [
    ['8282', 'a pseudo-field stands twice'],
    [`8290 84`, 'a pseudo-field stands behind others'],
  ]
  for (const [block, want] of rows) {
    const section = decode(new HpackDecoder(), hex(block))
    assert.ok(section !== 'broken')
    assert.equal(section.broken, want)
  }
})

test('crumbs of a cookie are one line', () => {
  const block = Buffer.concat([
    literal('cookie', 'a=1'),
    literal('x', 'y'),
    literal('cookie', 'b=2'),
  ])
  const section = decode(new HpackDecoder(), block)
  assert.ok(section !== 'broken')
  assert.equal(section.lines, 'x: y\r\ncookie: a=1; b=2\r\n')
})

test('a section beyond its bounds is dropped, and the table still follows', () => {
  const rows: [says: string, bytesMax: number, fieldsMax: number][] = [
    ['bytes', 20, 100],
    ['fields', 1_000, 2],
  ]
  for (const [says, bytesMax, fieldsMax] of rows) {
    const decoder = new HpackDecoder()
    const large = decode(
      decoder,
      Buffer.concat([
        literal('aa', '1'),
        literal('bb', '2'),
        literal('cc', '3'),
        literal('dd', '4'),
      ]),
      bytesMax,
      fieldsMax,
    )
    assert.ok(large !== 'broken')
    assert.equal(large.isTooLarge, true, says)
    const next = decode(decoder, hex('bec1'))
    assert.ok(next !== 'broken')
    assert.equal(next.lines, 'dd: 4\r\naa: 1\r\n')
  }
})

test('a kilobyte that stands for megabytes makes none of them', () => {
  const decoder = new HpackDecoder()
  const entry = Buffer.concat([hex('40 01 61 7f b1 1e'), Buffer.alloc(4_016, 0x78)])
  assert.notEqual(decode(decoder, entry), 'broken')
  const into = new FieldLines()
  into.begin(16_384, 100)
  const block = Buffer.alloc(16_384, 0xbe)
  assert.ok(!decoder.decode(block, 0, block.length, into))
  assert.ok(into.isBomb)
  assert.ok(into.bytes.length <= 64 * 1024)
})

test('lines that are encoded come back, their names in lower case', () => {
  const rows: [lines: string, want: string][] = [
    [
      'Content-Type: application/json\r\nX-A:b\r\nX-B:   c\t\r\n',
      'content-type: application/json\r\nx-a: b\r\nx-b: c\r\n',
    ],
    ['Empty:\r\n', 'empty: \r\n'],
    [`Long: ${'é'.repeat(300)}\r\n`, `long: ${'é'.repeat(300)}\r\n`],
    [
      'Connection: close\r\nKeep-Alive: x\r\nProxy-Connection: x\r\nTransfer-Encoding: chunked\r\nUpgrade: x\r\nA: b\r\n',
      'a: b\r\n',
    ],
  ]
  for (const [lines, want] of rows) {
    // The first is made, the second known.
    for (let times = 0; times < 2; times++) {
      const section = decode(new HpackDecoder(), Buffer.from(encodeLines(lines), 'latin1'))
      assert.ok(section !== 'broken')
      assert.equal(section.lines, want)
    }
  }
})

test('a line that is different each time is not kept, and comes back all the same', () => {
  for (let i = 0; i < 100; i++) {
    const section = decode(new HpackDecoder(), Buffer.from(encodeLines(`X-Id: ${i}\r\n`), 'latin1'))
    assert.ok(section !== 'broken')
    assert.equal(section.lines, `x-id: ${i}\r\n`)
  }
})

test('secrets are literals that nobody may index', () => {
  for (const name of ['Authorization', 'Cookie', 'Set-Cookie', 'Proxy-Authorization']) {
    for (let times = 0; times < 2; times++) {
      assert.equal(encodeLines(`${name}: s3cret\r\n`).charCodeAt(0) & 0xf0, 0x10, name)
    }
  }
})

test('a status and a pseudo-field with an index are one byte', () => {
  assert.equal(encodeStatus(200), '\x88')
  assert.equal(encodeField(':method', 'GET'), '\x82')
  assert.equal(encodeStatus(201), '\x08\x03201')
})
