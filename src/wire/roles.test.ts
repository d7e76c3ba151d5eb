import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
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
      const known = roleOf(name, '-')
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
