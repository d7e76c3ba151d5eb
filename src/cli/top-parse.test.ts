import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameIn, sampleIn } from './top-parse.ts'

type Read = [name: string, labels: Record<string, string>, value: number] | undefined

const lines: [says: string, line: string, want: Read][] = [
  ['a plain sample', 'up 1', ['up', {}, 1]],
  ['labels', 'a{b="c",d="e"} 2.5', ['a', { b: 'c', d: 'e' }, 2.5]],
  ['an empty list of labels', 'a{} 2', ['a', {}, 2]],
  ['a comma behind the last label', 'a{b="c",} 2', ['a', { b: 'c' }, 2]],
  ['braces and commas in a value', 'a{b="{c},d"} 2', ['a', { b: '{c},d' }, 2]],
  ['escapes', String.raw`a{b="\"\\"} 2`, ['a', { b: '"\\' }, 2]],
  ['a label of every object', 'a{__proto__="x"} 2', ['a', { ['__proto__']: 'x' }, 2]],
  ['a time behind the value', 'a 2 1700000000000', ['a', {}, 2]],
  ['infinity', 'a +Inf', ['a', {}, Infinity]],
  ['an exponent', 'a 1e-05', ['a', {}, 0.00001]],
  ['what would steer a terminal', 'a{b="\u001B[2J\u202E"} 2', ['a', { b: '\uFFFD[2J\uFFFD' }, 2]],
  ['an escaped line end', String.raw`a{b="c\nd"} 2`, ['a', { b: 'c\uFFFDd' }, 2]],
  ['a comment', '# HELP a text', undefined],
  ['an empty line', '', undefined],
  ['no value', 'a{b="c"}', undefined],
  ['a value that is no number', 'a much', undefined],
  ['labels that do not end', 'a{b="c" 2', undefined],
  ['a page of HTML', '<!doctype html>', undefined],
]

for (const [says, line, want] of lines) {
  test(`${says}: ${want === undefined ? 'no sample' : 'is read'}`, () => {
    const name = nameIn(line)
    const sample = name === undefined ? undefined : sampleIn(line, name)
    const got = sample && [sample.name, [...sample.labels], sample.value]
    assert.deepEqual(got, want && [want[0], Object.entries(want[1]), want[2]])
  })
}
