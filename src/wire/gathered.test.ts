import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { hearReplies, hearRequests } from './engines-for-tests.ts'
import { Gathered } from './gathered.ts'

const headBytesMax = 64

const steps: [says: string, parts: string[], textOnly: boolean, want: boolean[]][] = [
  ['text changes nothing', ['GET / HTTP', '/1.1', '\r\n', 'Host: '], true, [false, false, false]],
  ['the end of a head', ['GET / HTTP/1.1\r\n', 'Host: a\r\n', '\r\n'], true, [false, true]],
  [
    'an end in four parts',
    ['GET / HTTP/1.1', '\r', '\n', '\r', '\n'],
    true,
    [false, false, false, true],
  ],
  ['the end of a head with more behind', ['GET / HT', 'TP/1.1\r\n\r\nGET'], true, [true]],
  ['its bound', ['GET / HTTP', 'x'.repeat(57), 'x'], true, [false, true]],
  [
    'an empty line before it counts as none',
    ['\r\nGET / H', 'x'.repeat(60), 'x'],
    true,
    [false, true],
  ],
  ['an empty line before it, and a bare LF', ['\r\nGET / H', '\n'], true, [true]],
  ['a LF without CR', ['GET / HTTP/1.1\r\n', 'Host: a', '\n'], true, [false, true]],
  ['no text in the first line', ['GET / HTTP', '\0'], true, [true]],
  ['no text behind the first line', ['GET / HTTP/1.1\r\n', 'a: \0'], true, [false]],
  ['no text where it does not matter', ['HTTP/1.1 200 ', '\u00FF'], false, [false]],
  ['a beginning too short to tell', ['G', 'E', 'T'], true, [true, true]],
]

for (const [says, parts, textOnly, want] of steps) {
  test(`whether it may be judged again: ${says}`, () => {
    const [first, ...more] = parts.map((part) => Buffer.from(part, 'latin1'))
    const gathered = new Gathered(first!, 0, first!.length)
    const got = more.map((part) => {
      gathered.add(part, part.length)
      return gathered.mayBeJudged(headBytesMax, textOnly)
    })
    assert.deepEqual(got, want)
    const bytes = gathered.bytes.subarray(0, gathered.length)
    assert.equal(bytes.toString('latin1'), parts.join(''))
  })
}

/** How many bytes are copied, searched or made text while `work` runs. */
function bytesTouched(work: () => void): number {
  let touched = 0
  const { concat } = Buffer
  const counted = (name: 'copy' | 'indexOf' | 'latin1Slice') => {
    const original = Buffer.prototype[name as 'copy'] as (...args: unknown[]) => number
    mock.method(
      Buffer.prototype,
      name as 'copy',
      function (this: Buffer, ...args: unknown[]) {
        const [from, to] = name === 'latin1Slice' ? (args as [number, number]) : [0, this.length]
        touched += name === 'copy' ? Number(args[3] ?? this.length) : to - from
        return original.apply(this, args)
      } as Buffer['copy'],
    )
  }
  counted('copy')
  counted('indexOf')
  counted('latin1Slice')
  mock.method(Buffer, 'concat', (list: Buffer[]) => {
    const all = concat(list)
    touched += all.length
    return all
  })
  try {
    work()
  } finally {
    mock.restoreAll()
  }
  return touched
}

const fields = Array.from({ length: 90 }, (_, i) => `X-Field-${i}: ${'v'.repeat(150)}\r\n`).join('')
const byteByByte = (text: string): Buffer[] => [...text].map((char) => Buffer.from(char, 'latin1'))

const heads: [
  says: string,
  hear: () => { refused: string | undefined; heard: unknown[] },
  bytes: number,
][] = [
  [
    'a request',
    () => hearRequests(byteByByte(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)),
    fields.length,
  ],
  [
    'a reply',
    () => hearReplies(byteByByte(`HTTP/1.1 204 No Content\r\n${fields}\r\n`)),
    fields.length,
  ],
]

for (const [says, hear, bytes] of heads) {
  test(`the head of ${says} that comes byte by byte costs its length, not the square of it`, () => {
    let hearing: ReturnType<typeof hear> | undefined
    const touched = bytesTouched(() => {
      hearing = hear()
    })
    assert.equal(hearing!.refused, undefined)
    assert.equal(hearing!.heard.length, 1)
    assert.ok(touched < 20 * bytes, `${touched} bytes touched for ${bytes}`)
  })
}
