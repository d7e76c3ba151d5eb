// Hostile bodies that are judged as they stream by: multipart and items.
import { type HostileInput, post } from './input.ts'

const MB = 1024 * 1024

export const streamed = (): HostileInput[] => [...multipart(), ...items()]

const part = (name: string, content: string, more = '') =>
  `--B\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`

const parts = (count: number, make: (i: number) => string): string =>
  `${Array.from({ length: count }, (_, i) => make(i)).join('')}--B--\r\n`

/** A file of so many repeated bytes, and no more than that. */
const file = (unit: string, boundary = 'B', bytes = 4 * MB): string => {
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n`
  return `${head}${unit.repeat(Math.ceil(bytes / unit.length))}\r\n--${boundary}--\r\n`
}

const longest = 'a'.repeat(70)

const multipart = (): HostileInput[] => [
  parted(
    '1,000 texts',
    parts(1_000, (i) => part(`k${i}`, 'x')),
    [200],
  ),
  parted(
    '100,000 texts',
    parts(100_000, (i) => part(`k${i}`, 'x')),
    [400],
  ),
  parted(
    '1,000 texts of one list',
    parts(1_000, () => part('tags', 'x')),
    [200],
  ),
  parted(
    '1,000 numbers that are none',
    parts(1_000, () => part('numbers', 'x')),
    [400],
  ),
  parted(
    '1,000 files that break the schema',
    parts(999, (i) => part(`k${i}`, 'x', '; filename=x')),
    [200, 400],
    '/short-files',
  ),
  parted(
    '100,000 empty files of one name',
    parts(100_000, () => part('file', '')),
    [400],
  ),
  parted(
    '1,000 JSON parts, deep',
    parts(1_000, () => part('json', `${'['.repeat(60)}${']'.repeat(60)}`)),
    [200],
  ),
  parted(
    'JSON beyond its depth',
    parts(1, () => part('json', '['.repeat(100_000))),
    [400],
  ),
  parted(
    '1 MiB in one text',
    parts(1, () => part('tags', 'x'.repeat(MB))),
    [400],
  ),
  parted(
    'texts of 2 MiB together',
    parts(20, () => part('tags', 'x'.repeat(100_000))),
    [400],
  ),
  parted(
    '500 heads of 8 kB of blanks',
    parts(500, (i) => part(`k${i}`, 'x', `; x="${' '.repeat(7_900)}"`)),
    [200],
  ),
  parted(
    '500 blank lines of heads',
    parts(500, (i) => part(`k${i}`, 'x', `\r\nX: a${' '.repeat(7_900)}a`)),
    [200],
  ),
  parted('a head without end', `--B\r\n${'A: 1\r\n'.repeat(100_000)}`, [400]),
  parted('a head of one line without end', `--B\r\nA: ${'a'.repeat(MB)}`, [400]),
  parted(
    'a name of 8,000 quotes',
    `--B\r\nContent-Disposition: form-data; name=${'"'.repeat(8_000)}\r\n\r\nx\r\n--B--`,
    [400],
  ),
  parted(
    'a name of 8,000 backslashes',
    parts(1, () => part('\\'.repeat(7_900), 'x')),
    [400],
  ),
  parted(
    '8,000 semicolons',
    `--B\r\nContent-Disposition: form-data${';'.repeat(8_000)}\r\n\r\nx\r\n--B--`,
    [400],
  ),
  parted(
    'names in brackets, deep',
    parts(900, () => part(`tags${'[a]'.repeat(2_000)}`, 'x')),
    [200, 400],
  ),
  parted(
    '__proto__',
    parts(2, (i) => part(['__proto__', 'constructor'][i]!, 'x')),
    [200],
  ),
  parted('4 MiB of line breaks', file('\r\n'), [200]),
  parted('4 MiB of LF', file('\n'), [200]),
  parted('4 MiB of dashes behind line breaks', file('\r\n--'), [200]),
  parted(
    '4 MiB of dashes',
    file(`x${'-'.repeat(1_000)}`, '-'.repeat(60)),
    [200],
    '/parts',
    '-'.repeat(60),
  ),
  parted(
    '4 MiB of nearly a boundary',
    file(`\r\n--${longest.slice(1)}b`, longest),
    [200],
    '/parts',
    longest,
  ),
  parted(
    '4 MiB of half a boundary',
    file(`\n--${'a'.repeat(34)}b`, longest),
    [200],
    '/parts',
    longest,
  ),
  parted('a boundary of one character', file('\r\n--', 'x'), [200], '/parts', 'x'),
  parted('a boundary behind LF', `${part('tags', 'x').slice(0, -2)}\n--B--`, [400]),
  parted('text before the first boundary', `x${parts(1, () => part('tags', 'x'))}`, [400]),
  parted(
    'text behind the last boundary',
    `${parts(1, () => part('tags', 'x'))}${part('tags', 'y')}`,
    [400],
  ),
  parted('no last boundary', part('tags', 'x'), [400]),
  parted('1 MiB of last boundaries', '--B--\r\n'.repeat(MB / 7), [400]),
  parted('a boundary that is too long', '--B--', [400], '/parts', 'a'.repeat(71)),
]

function parted(
  name: string,
  body: string,
  statuses: readonly number[],
  path = '/parts',
  boundary = 'B',
): HostileInput {
  const type = `multipart/form-data; boundary=${boundary}`
  return post(`multipart: ${name}`, path, body, statuses, type)
}

const lines = (name: string, body: string | Buffer, statuses: readonly number[]) =>
  post(`lines: ${name}`, '/lines', body, statuses, 'application/x-ndjson')

const sequence = (name: string, body: string, statuses: readonly number[]) =>
  post(`sequence: ${name}`, '/sequence', body, statuses, 'application/json-seq')

const items = (): HostileInput[] => [
  lines('4 MiB of tiny ones', '1\n'.repeat(2 * MB), [200]),
  lines('4 MiB of empty ones', '\n'.repeat(4 * MB), [200]),
  lines('4 MiB of spaces', ' '.repeat(4 * MB), [400]),
  lines('4 MiB of CRLF', '\r\n'.repeat(2 * MB), [200]),
  lines('one without end', '[' + '0,'.repeat(2 * MB), [400]),
  lines('one of 1 MiB', `["${'a'.repeat(MB - 4)}"]`, [200]),
  lines('each at the bound of depth', `${'['.repeat(64)}${']'.repeat(64)}\n`.repeat(10_000), [200]),
  lines('one too deep', '['.repeat(100_000), [400]),
  lines('no UTF-8', Buffer.alloc(MB, 0xff), [400]),
  lines('1 MiB twice, with a duplicate key', `{${'"a":0,'.repeat(100_000)}"a":0}\n`, [400]),
  sequence('4 MiB of RS', '\x1e'.repeat(4 * MB), [200]),
  sequence('4 MiB of tiny ones', '\x1e1\n'.repeat(MB), [200]),
  sequence('one without end', `\x1e${'[0,'.repeat(MB)}`, [400]),
  sequence('text before the first', '1\n\x1e1\n', [400]),
]
