import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearestWord } from './nearest.ts'

describe('a word that is nearly right finds its neighbour', () => {
  const known = ['requestBody', 'responses', 'get', 'put', 'parameters', 'in']
  const cases: [says: string, word: string, want: string | undefined][] = [
    ['another case', 'requestbody', 'requestBody'],
    ['a letter too few', 'response', 'responses'],
    ['two neighbours swapped', 'gte', 'get'],
    ['several slips in a long word', 'paramters', 'parameters'],
    ['nothing near', 'produces', undefined],
    ['a short word is not near everything', 'xy', undefined],
    ['no word', '', undefined],
    ['a word without end', `${'responses'.repeat(100)}`, undefined],
  ]
  for (const [says, word, want] of cases) {
    it(says, () => assert.equal(nearestWord(word, known), want))
  }
})
