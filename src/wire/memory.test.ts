import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { eventually, settled } from '../../test/raw-peer.ts'
import type { ByteSink } from './bytes.ts'
import { connectInMemory } from './memory.ts'

const address = { host: 'in-process.invalid', port: 80 }

class Heard implements ByteSink {
  text = ''
  readonly lengths: number[] = []
  readonly events: string[] = []
  readonly bugs: unknown[] = []
  onBytes: () => void = () => {}

  bytes(buffer: Buffer, length: number): void {
    this.lengths.push(length)
    this.text += buffer.toString('latin1', 0, length)
    this.onBytes()
  }
  ended(): void {
    this.events.push('ended')
  }
  drained(): void {
    this.events.push('drained')
  }
  closed(error: NodeJS.ErrnoException | undefined): void {
    this.events.push(error === undefined ? 'closed' : `closed ${error.code}`)
  }
  threw(error: unknown): void {
    this.bugs.push(error)
  }
}

/** Both ends, connected; the program's is paused until it reads. */
async function pair() {
  const heard = new Heard()
  const { promise, resolve } = Promise.withResolvers<Duplex>()
  const near = connectInMemory(resolve)(address, heard, () => heard.events.push('opened'))
  const far = await promise
  await eventually('it is open', () => heard.events.includes('opened'))
  heard.events.length = 0
  return { near, far, heard }
}

test('text, pieces and kept bytes come to the program in their order', async () => {
  const { near, far } = await pair()
  near.write('a\xff')
  near.writePiece('b')
  near.writePiece(Buffer.from('c'))
  near.writeKept(Buffer.from('d'))
  const [piece] = await once(far, 'data')
  assert.equal(piece.toString('latin1'), 'a\xffbcd')
})

test('a piece is copied: its memory serves again at once', async () => {
  const { near, far } = await pair()
  const memory = Buffer.from('before')
  near.writePiece(memory)
  memory.fill('x')
  assert.equal(String((await once(far, 'data'))[0]), 'before')
})

test('the program never runs within a call of ours', async () => {
  const { near, far } = await pair()
  let within = false
  let ran = false
  far.on('data', () => {
    assert.ok(!within)
    ran = true
  })
  within = true
  near.write('a')
  near.resume()
  within = false
  await eventually('it was read', () => ran)
})

test('what the program writes is taken as it writes it, a large write in pieces', async () => {
  const { far, heard } = await pair()
  far.write('head')
  assert.equal(heard.text, 'head')
  far.write(Buffer.alloc(150_000, 'x'))
  assert.deepEqual(heard.lengths, [4, 65_536, 65_536, 150_000 - 2 * 65_536])
})

test('a head and a small body that are corked are one read', async () => {
  const { far, heard } = await pair()
  far.cork()
  far.write('head')
  far.write('body')
  far.uncork()
  assert.deepEqual(heard.lengths, [8])
})

test('a program that does not read holds 64 kB, then us; when it reads we go on', async () => {
  const { near, far, heard } = await pair()
  assert.equal(near.writeKept(Buffer.alloc(40_000)), true)
  assert.equal(near.writeKept(Buffer.alloc(40_000)), false)
  await settled()
  assert.deepEqual([near.full, near.queuedBytes, near.sentBytes], [true, 80_000, 0])
  assert.deepEqual(heard.events, [])
  far.resume()
  await eventually('it is drained', () => heard.events.includes('drained'))
  assert.deepEqual([near.full, near.queuedBytes, near.sentBytes], [false, 0, 80_000])
})

test('while we are paused a write of the program waits, in the midst of it too', async () => {
  const { near, far, heard } = await pair()
  heard.onBytes = () => near.pause()
  let isTaken = false
  far.write(Buffer.alloc(100_000), () => {
    isTaken = true
  })
  far.write('more')
  await settled()
  assert.deepEqual([heard.lengths, isTaken], [[65_536], false])
  heard.onBytes = () => {}
  near.resume()
  assert.equal(heard.lengths.length, 1, 'nothing comes within the call')
  await eventually('all of it is taken', () => isTaken && heard.text.endsWith('more'))
})

test('our end of sending is the end of what the program reads, and it may go on writing', async () => {
  const { near, far, heard } = await pair()
  near.write('last')
  near.finish()
  far.resume()
  await once(far, 'end')
  far.write('answer')
  assert.equal(heard.text, 'answer')
})

test('the end of the program comes after all that it wrote, and we may go on sending', async () => {
  const { near, far, heard } = await pair()
  near.pause()
  far.end('last words')
  await settled()
  assert.deepEqual(heard.events, [])
  near.resume()
  await eventually('it has ended', () => heard.events.includes('ended'))
  assert.equal(heard.text, 'last words')
  near.write('still here')
  assert.equal(String((await once(far, 'data'))[0]), 'still here')
})

const endings: [
  says: string,
  end: (ends: Awaited<ReturnType<typeof pair>>) => unknown,
  heard: string,
  told?: string,
][] = [
  ['we leave', ({ near }) => near.destroy(), 'closed'],
  ['we reset', ({ near }) => near.reset(), 'closed', 'ECONNRESET'],
  ['the program leaves', ({ far }) => far.destroy(), 'ended, closed'],
  ['the program breaks', ({ far }) => far.destroy(new Error('its own')), 'ended, closed'],
  ['the program resets', ({ far }) => (far as Socket).resetAndDestroy(), 'closed ECONNRESET'],
  ['the program ends and leaves', ({ far }) => far.end(() => far.destroy()), 'ended, closed'],
  [
    'the program leaves with what we sent unread',
    ({ near, far }) => {
      near.write('lost')
      far.destroy()
    },
    'closed ECONNRESET',
  ],
]

for (const [says, end, heard, told] of endings) {
  test(`when ${says} both ends are closed, once`, async () => {
    const ends = await pair()
    const errors: NodeJS.ErrnoException[] = []
    ends.far.on('error', (error) => errors.push(error))
    end(ends)
    await eventually('it is closed', () => !ends.near.open)
    await settled()
    assert.equal(ends.heard.events.join(', '), heard)
    assert.ok(ends.far.destroyed)
    if (told !== undefined) assert.equal(errors[0]?.code, told)
    assert.equal(ends.near.write('after'), true)
  })
}

test('a program that takes nobody refuses', async () => {
  const heard = new Heard()
  connectInMemory((socket) => socket.destroy())(address, heard, () => assert.fail('it opened'))
  await eventually('it is refused', () => heard.events.length > 0)
  assert.deepEqual(heard.events, ['closed ECONNREFUSED'])
})

test('a bug of ours is told, and is not the program’s', async () => {
  const { far, heard } = await pair()
  heard.onBytes = () => {
    throw new Error('ours')
  }
  far.write('x')
  assert.deepEqual(heard.bugs.map(String), ['Error: ours'])
})

test('the program may ask what it asks of a socket', async () => {
  const { far } = await pair()
  const socket = far as Socket
  assert.equal(socket.remoteAddress, '127.0.0.1')
  socket.setNoDelay().setKeepAlive().unref().ref()
  socket.setTimeout(1)
  await once(socket, 'timeout')
  socket.setTimeout(0)
  socket.end('bye')
  socket.destroySoon()
  await once(socket, 'close')
})
