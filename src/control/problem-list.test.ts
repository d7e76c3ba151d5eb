import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorAt, presentable, problemList } from './problem-list.ts'

const at = (line: number) => ({ file: 'a.yaml', line, column: 1 })

test('what is the same at many places is said once, at the first', () => {
  const problems = problemList()
  for (const line of [3, 1, 3, 2]) problems.report(errorAt(at(line), 'bad'))
  problems.report(errorAt(at(9), 'worse'))
  assert.deepEqual(problems.all(), [
    errorAt(at(3), 'bad (and at 2 more places)'),
    errorAt(at(9), 'worse'),
  ])
})

test('notes are no errors', () => {
  const problems = problemList()
  problems.report({ severity: 'note', message: 'so', place: at(1) })
  assert.equal(problems.hasErrors(), false)
  problems.report(errorAt(at(1), 'so'))
  assert.equal(problems.hasErrors(), true)
})

test('nothing of a contract steers the terminal that shows it', () => {
  const [shown] = presentable([errorAt(at(1), "key '\u001b[2J\r\n\u202eevil ü'")])
  assert.equal(shown!.message, "key '\\u{1b}[2J\\u{d}\\u{a}\\u{202e}evil ü'")
})

test('a thousand problems are enough', () => {
  const shown = presentable(Array.from({ length: 1_234 }, (_, i) => errorAt(at(i), `no. ${i}`)))
  assert.equal(shown.length, 1_001)
  assert.equal(shown.at(-1)!.message, 'and 234 more')
})

test('an error is among them, however many notes come before it', () => {
  const notes = Array.from({ length: 1_234 }, (_, i) => {
    return { severity: 'note', message: `no. ${i}`, place: at(i) } as const
  })
  assert.equal(presentable([...notes, errorAt(at(1), 'bad')])[0]!.message, 'bad')
})
