import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPartHead } from './part-head.ts'

const rows: [says: string, line: string, want: [name: string, filename?: string] | string][] = [
  ['a name', 'form-data; name="a b"', ['a b']],
  ['a name without quotes', 'form-data; name=a', ['a']],
  ['a name and a file name', 'form-data; name="a"; filename="b.txt"', ['a', 'b.txt']],
  ['other case and other order', 'Form-Data;filename=b;NAME="a"', ['a', 'b']],
  ['an unknown parameter', 'form-data; name="a"; size=3', ['a']],
  ['a name in UTF-8', 'form-data; name="ä"; filename="ü.txt"', ['ä', 'ü.txt']],
  ['a file name with a backslash', 'form-data; name="a"; filename="c:\\b"', ['a', 'c:\\b']],
  ['an empty file name', 'form-data; name="a"; filename=""', ['a', '']],
  ['a semicolon within quotes', 'form-data; name="a; name=b"', ['a; name=b']],
  ['a name twice', 'form-data; name="a"; name="a"', 'disposition'],
  ['a file name in the extended form', "form-data; name=a; filename*=UTF-8''b", 'disposition'],
  ['a name in the extended form', "form-data; name*=UTF-8''a", 'disposition'],
  ['an escaped quote', 'form-data; name="a"; filename="b\\"; name=\\"c"', 'disposition'],
  ['a backslash before the last quote', 'form-data; name="a"; filename="b\\"', 'disposition'],
  ['a backslash in a name', 'form-data; name="a\\b"', 'disposition'],
  ['an open quote', 'form-data; name="a', 'disposition'],
  ['text behind a quote', 'form-data; name="a"b', 'disposition'],
  ['a trailing semicolon', 'form-data; name="a";', 'disposition'],
  ['no equals sign', 'form-data; name', 'disposition'],
  ['no name', 'form-data; filename="a"', 'no_name'],
  ['an empty name', 'form-data; name=""', 'no_name'],
  ['another disposition', 'attachment; name="a"', 'no_disposition'],
  ['a longer disposition', 'form-database; name="a"', 'no_disposition'],
]

for (const [says, line, want] of rows) {
  test(`${says} is ${typeof want === 'string' ? want : 'read'}`, () => {
    const read = readPartHead([`Content-Disposition: ${line}`])
    const found = typeof read === 'string' ? read : [read.name, read.filename]
    assert.deepEqual(found, typeof want === 'string' ? want : [want[0], want[1]])
  })
}

const disposition = 'Content-Disposition: form-data; name=a'

const heads: [says: string, lines: string[], want: string | undefined][] = [
  ['a content type', [disposition, 'Content-Type: text/plain; charset=utf-8'], undefined],
  ['any other field', [disposition, 'X-Any: thing', 'Content-Length: 3'], undefined],
  ['a coding that changes nothing', [disposition, 'Content-Transfer-Encoding: Binary'], undefined],
  ['nothing', [], 'no_disposition'],
  ['a field twice', [disposition, 'X-Any: 1', 'x-any: 1'], 'repeated'],
  ['a folded line', [disposition, ' folded'], 'field'],
  ['a space before the colon', [`Content-Disposition : form-data; name=a`], 'field'],
  ['a line without a colon', [disposition, 'x'], 'field'],
  ['a malformed content type', [disposition, 'Content-Type: text'], 'type'],
  ['base64', [disposition, 'Content-Transfer-Encoding: base64'], 'coding'],
]

for (const [says, lines, want] of heads) {
  test(`a head with ${says} is ${want ?? 'read'}`, () => {
    const read = readPartHead(lines)
    assert.equal(typeof read === 'string' ? read : undefined, want)
  })
}
