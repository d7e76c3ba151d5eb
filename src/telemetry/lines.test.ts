// Lines arrive in order and whole, in few writes; a slow sink costs lines and nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../base.ts'
import { createLineWriter } from './lines.ts'

function scene(waitingCharsMax?: number) {
  const clock = manualClock()
  const writes: string[] = []
  const pending: ((error?: Error) => void)[] = []
  const writer = createLineWriter({
    clock,
    write(text, done) {
      writes.push(text)
      pending.push(done)
    },
    ...(waitingCharsMax === undefined ? {} : { waitingCharsMax }),
  })
  return { clock, writes, writer, finish: (error?: Error) => pending.shift()!(error) }
}

test('lines wait 200 ms and go out together', () => {
  const { clock, writes, writer } = scene()
  writer.line('a\n')
  clock.advance(100)
  writer.line('b\n')
  clock.advance(99)
  assert.deepEqual(writes, [])
  clock.advance(1)
  assert.deepEqual(writes, ['a\nb\n'])
})

test('16 kB go out at once', () => {
  const { writes, writer } = scene()
  const line = `${'x'.repeat(4_095)}\n`
  for (let i = 0; i < 4; i++) writer.line(line)
  assert.deepEqual(writes, [line.repeat(4)])
})

test('one write is under way at a time, and the next takes all that came meanwhile', () => {
  const { clock, writes, writer, finish } = scene()
  writer.line('a\n')
  clock.advance(200)
  writer.line('b\n')
  clock.advance(200)
  writer.line('c\n')
  clock.advance(1_000)
  assert.deepEqual(writes, ['a\n'])
  finish()
  clock.advance(200)
  assert.deepEqual(writes, ['a\n', 'b\nc\n'])
})

test('a sink that is too slow costs lines, counted, and bounded memory', () => {
  const { clock, writes, writer, finish } = scene(10)
  writer.line('12345\n')
  clock.advance(200)
  for (const line of ['aaaa\n', 'bbbb\n', 'cccc\n', 'dddd\n']) writer.line(line)
  assert.equal(writer.dropped(), 2)
  finish()
  clock.advance(200)
  assert.deepEqual(writes, ['12345\n', 'aaaa\nbbbb\n'])
})

test('lines of a failed write count as dropped, and the next are tried', () => {
  const { clock, writes, writer, finish } = scene()
  writer.line('a\n')
  writer.line('b\n')
  clock.advance(200)
  finish(new Error('no space left on device'))
  assert.equal(writer.dropped(), 2)
  writer.line('c\n')
  clock.advance(200)
  assert.deepEqual(writes, ['a\nb\n', 'c\n'])
})

test('closing writes what waits, then ends, and takes no more', async () => {
  const { clock, writes, writer, finish } = scene()
  writer.line('a\n')
  clock.advance(200)
  writer.line('b\n')
  const ended = writer.close()
  writer.line('late\n')
  finish()
  finish()
  await ended
  assert.deepEqual(writes, ['a\n', 'b\n'])
  assert.equal(writer.dropped(), 1)
  await writer.close()
})
