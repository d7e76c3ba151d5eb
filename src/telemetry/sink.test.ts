// A file sink appends all it is given, in order.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { manualClock, systemClock } from '../base.ts'
import { createLineWriter } from './lines.ts'
import { openSink, type Sink } from './sink.ts'

const folder = mkdtempSync(join(tmpdir(), 'concordat-sink-'))
after(() => rmSync(folder, { recursive: true }))

async function sinkTo(path: string): Promise<Sink> {
  const sink = await openSink(path, systemClock)
  assert.ok('write' in sink)
  return sink
}

test('lines reach the end of the file, behind what was there', async () => {
  const path = join(folder, 'access.log')
  writeFileSync(path, 'before\n')
  const sink = await sinkTo(path)
  const writer = createLineWriter({ write: sink.write, clock: systemClock })
  const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i} é\n`)
  for (const line of lines) writer.line(line)
  await writer.close()
  await sink.close()
  assert.equal(readFileSync(path, 'utf8'), `before\n${lines.join('')}`)
  assert.equal(writer.dropped(), 0)
})

test('a file that cannot be opened is a sentence, not an exception', async () => {
  const sink = await openSink(join(folder, 'absent', 'access.log'), systemClock)
  assert.ok('failed' in sink)
  assert.match(sink.failed, /access\.log cannot be opened: ENOENT/)
})

const pipes = { skip: process.platform === 'win32' && 'no named pipes' }

test(
  'a named pipe holds nobody, whether nobody opened its other end or nobody reads',
  pipes,
  async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const unread = await openSink(path, systemClock)
    assert.match('failed' in unread ? unread.failed : '', /ENXIO/)
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    // Its time does not pass: nothing is tried again once the file is closed.
    const sink = await openSink(path, manualClock())
    assert.ok('write' in sink)
    let isDone = false
    // More than it holds: a write that blocked would keep the file from being closed at all.
    sink.write('x\n'.repeat(1_000_000), () => (isDone = true))
    await sink.close()
    closeSync(reader)
    assert.equal(isDone, false)
  },
)

test('a full pipe delays lines and loses none', async () => {
  // Touching process.stdout sets a pipe to non-blocking: then a full one answers EAGAIN.
  const program = `
    import { systemClock } from ${JSON.stringify(import.meta.resolve('../base.ts'))}
    import { openSink } from ${JSON.stringify(import.meta.resolve('./sink.ts'))}
    process.stdout.write('first\\n')
    const sink = await openSink('stdout', systemClock)
    sink.write('x'.repeat(4_000_000), () => process.exit(0))
    process.send('begun')
    setInterval(() => {}, 1_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  await new Promise((resolve) => {
    child.once('message', resolve)
  })
  const out = await text(child.stdout!)
  assert.deepEqual(out.match(/[^x]+/g), ['first\n'])
  assert.equal(out.length, 'first\n'.length + 4_000_000)
})

test('lines that several threads write to one pipe stay whole, however full it is', async () => {
  const program = `
    import { Worker } from 'node:worker_threads'
    const thread = (letter) => \`
      import { openSink } from ${JSON.stringify(import.meta.resolve('./sink.ts'))}
      import { systemClock } from ${JSON.stringify(import.meta.resolve('../base.ts'))}
      const sink = await openSink('stdout', systemClock)
      const awake = setInterval(() => {}, 1_000)
      for (let i = 0; i < 40; i++) {
        const lines = ('\${letter}'.repeat(150 + i) + '\\\\n').repeat(100)
        await new Promise((resolve) => sink.write(lines, resolve))
      }
      clearInterval(awake)\`
    for (const letter of 'abcd') {
      new Worker(new URL('data:text/javascript,' + encodeURIComponent(thread(letter))))
    }`
  const node = [process.execPath, '--input-type=module', '-e', program]
  // What `spawn` calls a pipe is a pair of sockets: the shell makes a real one.
  const child = spawn('sh', ['-c', '"$@" | cat', 'sh', ...node], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = (await text(child.stdout!)).split('\n')
  assert.equal(lines.pop(), '')
  assert.equal(lines.length, 4 * 40 * 100)
  assert.deepEqual(
    lines.filter((line) => !/^(a+|b+|c+|d+)$/.test(line)),
    [],
  )
})
