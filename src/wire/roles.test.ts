import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addedFieldsMax, editFields, mergeEdits, type ReplyEdit } from '../http.ts'
import { parseReplyHead } from './reply-head.ts'
import { candidateFor, compileReplyReading } from './roles.ts'

const tokens = [..."!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"]
const names = fc
  .array(fc.constantFrom(...tokens), { minLength: 1, maxLength: 12 })
  .map((all) => all.join(''))

const roleOf = (name: string, dropped: string) => {
  const { roles } = compileReplyReading({ drop: [dropped], add: [] })
  return candidateFor(Buffer.from(name), 0, name.length, roles)?.role
}

test('a field that is dropped is found whatever its characters and their case', () => {
  fc.assert(
    fc.property(names, (name) => {
      const found = [name, name.toUpperCase()].map((text) => roleOf(text, name))
      assert.ok(!found.includes(undefined))
    }),
  )
  assert.equal(roleOf('X_Internal', 'x_internal'), 'drop')
})

const plain = (name: string): string => name.replaceAll('^', '~')

test('no other field is taken for it, save where ^ and ~ alone differ', () => {
  fc.assert(
    fc.property(names, names, (dropped, name) => {
      // No name drawn here is as long.
      const known = roleOf(name, 'x-a-field-of-its-own')
      if (plain(dropped) !== plain(name)) assert.equal(roleOf(name, dropped), known)
    }),
  )
  assert.equal(roleOf('x-a', 'x_a'), undefined)
})

test('a field that is added, dropped first and watched is sent once, as it was set', () => {
  const { addedLines, linesWithout, watchedBit, roles } = compileReplyReading(
    { drop: ['location'], add: ['Location', '/a', 'X-B', 'c'] },
    ['location', 'x-b'],
  )
  assert.equal(addedLines, 'Location: /a\r\nX-B: c\r\n')
  const bit = candidateFor(Buffer.from('x-b'), 0, 3, roles)?.role as number
  assert.equal(linesWithout(bit), 'Location: /a\r\n')
  assert.notEqual(bit & watchedBit, 0)
})

const fieldNames = fc.constantFrom(...'Location X_A X-A x-b Server A~ Set-Cookie Link'.split(' '))
const fields = fc.array(fc.tuple(fieldNames, fc.constantFrom('1', '2')), { maxLength: 5 })

/** What is set stands in place of what came, or is added where nothing came. */
const edits = fc
  .tuple(fields, fc.array(fieldNames, { maxLength: 3 }), fc.boolean())
  .map(([set, removed, replaces]): ReplyEdit => {
    const dropped = replaces ? [...removed, ...set.map(([name]) => name)] : removed
    return { drop: dropped.map((name) => name.toLowerCase()), add: set.flat() }
  })

test('edits of several levels come to the same on the wire as on a list', () => {
  const watched = ['location', 'link']
  fc.assert(
    fc.property(fc.array(edits, { maxLength: 4 }), fields, (levels, came) => {
      const edit = mergeEdits(levels)
      const { roles, linesWithout, watchedBit } = compileReplyReading(edit, watched)
      const lines = came.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      const text = `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${lines}\r\n`
      const bytes = Buffer.from(text)
      const head = parseReplyHead(text, text.length - 2, 'GET', 99, bytes, 0, roles, true)
      assert.ok(!('broken' in head))
      const sent = head.forwardable + linesWithout(head.noted)
      const list = editFields(['Content-Length', '0', ...came.flat()], edit)
      const want = list
        .filter((_, i) => i % 2 === 0)
        .map((name, i) => `${name}: ${list[2 * i + 1]}`)
      assert.deepEqual(sent.split('\r\n').filter(Boolean).toSorted(), want.toSorted())
      const isThere = came.some(([name]) => watched.includes(name.toLowerCase()))
      if ((head.noted & watchedBit) !== 0) assert.ok(isThere)
    }),
    { numRuns: 2_000 },
  )
})

test('fields that replace what came need no bit, however many there are', () => {
  const set = Array.from({ length: 500 }, (_, i) => [`X-${i}`, 'a']).flat()
  const drop = set.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
  const add = Array.from({ length: addedFieldsMax }, (_, i) => [`Y-${i}`, 'a']).flat()
  const edit = mergeEdits([
    { drop, add: set },
    { drop: [], add },
  ])
  const { addedLines } = compileReplyReading(edit, ['location'])
  assert.equal(addedLines.split('\r\n').length - 1, 500 + addedFieldsMax)
})
