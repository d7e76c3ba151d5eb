import assert from 'node:assert/strict'
import { test } from 'node:test'
import { distance, nearest } from './suggest.ts'

const distances: readonly [a: string, b: string, want: number][] = [
  ['', '', 0],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['limits', 'limtis', 1],
  ['ca', 'abc', 3],
  ['same', 'same', 0],
]

for (const [a, b, want] of distances) {
  test(`from '${a}' to '${b}' it is ${want}, either way`, () => {
    assert.equal(distance(a, b), want)
    assert.equal(distance(b, a), want)
  })
}

const known = ['listen', 'limits', 'hosts', 'upstreams', 'policies']

const suggestions: readonly [word: string, want: string | undefined][] = [
  ['listn', 'listen'],
  ['limit', 'limits'],
  ['Hosts', 'hosts'],
  ['upstreems', 'upstreams'],
  ['polices', 'policies'],
  ['xyz', undefined],
  ['', undefined],
  ['tls', undefined],
]

for (const [word, want] of suggestions) {
  test(`'${word}' suggests ${want ?? 'nothing'}`, () => assert.equal(nearest(word, known), want))
}
