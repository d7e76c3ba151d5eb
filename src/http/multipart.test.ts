import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isBoundary, MultipartReader, type MultipartVerdict } from './multipart.ts'

interface Seen {
  parts: { lines: readonly string[]; content: string }[]
  closed: boolean
  verdict: MultipartVerdict
}

/** What is read of a body that comes in these pieces. */
function read(pieces: readonly string[], boundary = 'B', headBytesMax = 200): Seen {
  const seen: Seen = { parts: [], closed: false, verdict: undefined }
  const reader = new MultipartReader(boundary, headBytesMax, {
    head: (lines) => seen.parts.push({ lines, content: '' }) > 0,
    content(bytes) {
      seen.parts.at(-1)!.content += Buffer.from(bytes).toString('latin1')
      return true
    },
    partEnd: () => true,
    closed: () => (seen.closed = true),
  })
  for (const piece of pieces) reader.piece(Buffer.from(piece, 'latin1'))
  seen.verdict = reader.end()
  return seen
}

/** A body whole, cut in two at every byte, and byte by byte. */
function* cuts(body: string): Generator<readonly string[]> {
  yield [body]
  for (let at = 1; at < body.length; at++) yield [body.slice(0, at), body.slice(at)]
  yield [...body]
}

const part = (content: string, lines = 'A: 1') => `--B\r\n${lines}\r\n\r\n${content}\r\n`

const bodies: [says: string, body: string, contents: string[], want: MultipartVerdict][] = [
  ['two parts', `${part('one')}${part('two')}--B--\r\n`, ['one', 'two'], undefined],
  ['an empty part', `${part('')}--B--`, [''], undefined],
  ['no part at all', '--B--\r\n', [], undefined],
  ['a line break before the first boundary', `\r\n${part('x')}--B--`, ['x'], undefined],
  ['content of line breaks', `${part('\r\n\r\r\n\n\r')}--B--`, ['\r\n\r\r\n\n\r'], undefined],
  [
    'nearly a boundary',
    `${part('\r\n--\r\n-\r\n--A\r\n--')}--B--`,
    ['\r\n--\r\n-\r\n--A\r\n--'],
    undefined,
  ],
  ['a boundary within a line', `${part('x--B--')}--B--`, ['x--B--'], undefined],
  ['bytes of every kind', `${part('\0\xff\x80')}--B--`, ['\0\xff\x80'], undefined],
  ['text before the first boundary', `x\r\n${part('x')}--B--`, [], 'preamble'],
  ['two line breaks before it', `\r\n\r\n${part('x')}--B--`, [], 'preamble'],
  ['dashes before it', `--A\r\n${part('x')}--B--`, [], 'preamble'],
  ['an empty body', '', [], 'unfinished'],
  ['a boundary behind LF', `--B\r\nA: 1\r\n\r\nx\n--B--`, ['x'], 'bare_break'],
  ['a boundary behind CR', `--B\r\nA: 1\r\n\r\nx\r--B--`, ['x'], 'bare_break'],
  ['a boundary right behind a head', `--B\r\nA: 1\r\n\r\n--B--`, [], 'bare_break'],
  ['a boundary in a head', `--B\r\n--B: 1\r\n\r\nx\r\n--B--`, [], 'head'],
  ['content like a boundary', `${part('--A')}--B--`, ['--A'], undefined],
  ['a longer boundary', `--B\r\nA: 1\r\n\r\nx\r\n--BB--`, ['x'], 'delimiter'],
  ['white space behind a boundary', `--B \r\nA: 1\r\n\r\nx\r\n--B--`, [], 'delimiter'],
  ['LF behind a boundary', `--B\nA: 1\r\n\r\nx\r\n--B--`, [], 'delimiter'],
  ['one dash behind a boundary', `${part('x')}--B-\r\n`, ['x'], 'delimiter'],
  ['a bare LF in a head', `--B\r\nA: 1\n\r\nx\r\n--B--`, [], 'head'],
  ['a bare CR in a head', `--B\r\nA: 1\rB: 2\r\n\r\nx\r\n--B--`, [], 'head'],
  ['NUL in a head', `--B\r\nA: \0\r\n\r\nx\r\n--B--`, [], 'head'],
  ['a head that is not UTF-8', `--B\r\nA: \xff\r\n\r\nx\r\n--B--`, [], 'head'],
  ['a head beyond its bound', `--B\r\nA: ${'a'.repeat(200)}`, [], 'head_too_large'],
  ['a head of many lines beyond it', `--B\r\n${'A: 1\r\n'.repeat(40)}`, [], 'head_too_large'],
  ['no last boundary', part('x'), ['x'], 'unfinished'],
  ['half a last boundary', `${part('x')}--B-`, ['x'], 'unfinished'],
  ['an end within a head', '--B\r\nA: 1', [], 'unfinished'],
  ['text behind the last boundary', `${part('x')}--B--x`, ['x'], 'epilogue'],
  ['a second last boundary', `${part('x')}--B--\r\n--B--`, ['x'], 'epilogue'],
  ['half a line break behind it', `${part('x')}--B--\r`, ['x'], 'unfinished'],
]

for (const [says, body, contents, want] of bodies) {
  test(`${says} is ${want ?? 'read'}, wherever the body is cut`, () => {
    for (const pieces of cuts(body)) {
      const { parts, verdict } = read(pieces)
      const at = JSON.stringify(pieces)
      assert.equal(verdict, want, at)
      if (want === undefined || want === 'unfinished') {
        assert.deepEqual(
          parts.map(({ content }) => content),
          contents,
          at,
        )
      }
    }
  })
}

test('the last boundary is told before the piece that completes it has passed', () => {
  for (const tail of ['--B--', '--B--\r\n']) {
    const { closed } = read([`${part('x')}${tail}`])
    assert.equal(closed, true)
  }
  assert.equal(read([`${part('x')}--B-`]).closed, false)
})

test('whoever is told of parts may end the reading', () => {
  let contents = 0
  const reader = new MultipartReader('B', 200, {
    head: () => true,
    content: () => ++contents < 2,
    partEnd: () => true,
    closed: () => true,
  })
  assert.equal(reader.piece('--B\r\nA: 1\r\n\r\nx'), undefined)
  assert.equal(reader.piece('yy'), 'stopped')
  assert.equal(reader.piece('zz'), 'stopped')
  assert.equal(contents, 2)
})

const boundaries: [text: string, want: boolean][] = [
  ['----WebKitFormBoundaryabc', true],
  ["a'()+_,-./:=?", true],
  ['a b', true],
  ['a'.repeat(70), true],
  ['a'.repeat(71), false],
  ['', false],
  ['a ', false],
  ['a"b', false],
  ['a\r\nb', false],
  ['ä', false],
]

for (const [text, want] of boundaries) {
  test(`${JSON.stringify(text.slice(0, 20))} is ${want ? 'a' : 'no'} boundary`, () => {
    assert.equal(isBoundary(text), want)
  })
}

/** The plain way: the whole body, split at its boundaries. */
function plainly(body: string, boundary: string): readonly string[] | undefined {
  const mark = `--${boundary}`
  const text = body.startsWith(mark) ? `\r\n${body}` : body
  if (!text.startsWith(`\r\n${mark}`)) return undefined
  if (new RegExp(`(?:^|[^\\r])\\n${mark}|\\r${mark}`, 's').test(text)) return undefined
  const [, ...sections] = text.split(`\r\n${mark}`)
  const last = sections.pop()!
  if (last !== '--' && last !== '--\r\n') return undefined
  const contents = sections.map((section) => /^\r\n((?:[^\r\n\0]+\r\n)*)\r\n(.*)$/s.exec(section))
  if (contents.some((one) => one === null || one[1]!.length > 190)) return undefined
  return contents.map((one) => one![2]!)
}

test('any body is read as the plain way reads it, however it is cut', () => {
  const boundary = fc.constantFrom('B', 'BB', '-', '--B', 'B-B', 'aab')
  const bits = ['\r\n', '\r', '\n', '--', '-', 'B', 'aab', 'A: 1', 'x', '\r\n\r\n', 'aa']
  const inputs = boundary.chain((mark) =>
    fc.record({
      mark: fc.constant(mark),
      bits: fc.array(
        fc.constantFrom(
          ...bits,
          `\r\n--${mark}`,
          `\r\n--${mark}\r\nA: 1\r\n\r\n`,
          `\r\n--${mark}--`,
        ),
        { maxLength: 14 },
      ),
      begins: fc.constantFrom('', `--${mark}`, `--${mark}\r\nA: 1\r\n\r\n`),
      ends: fc.constantFrom('', `\r\n--${mark}--`, `\r\n--${mark}--\r\n`),
      cuts: fc.array(fc.nat(80), { maxLength: 5 }),
    }),
  )
  fc.assert(
    fc.property(inputs, ({ mark, begins, ends, bits: middle, cuts: places }) => {
      const body = begins + middle.join('') + ends
      const want = plainly(body, mark)
      const at = [
        0,
        ...places.filter((one) => one < body.length).sort((a, b) => a - b),
        body.length,
      ]
      const pieces = at.slice(1).map((end, i) => body.slice(at[i], end))
      const { parts, verdict } = read(pieces, mark)
      assert.equal(verdict === undefined, want !== undefined, `${verdict} ${want}`)
      if (want !== undefined)
        assert.deepEqual(
          parts.map(({ content }) => content),
          want,
        )
    }),
    { numRuns: 20_000 },
  )
})
