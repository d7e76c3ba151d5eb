// The hostile corpus against a real gateway on real sockets: every input is answered as it must be,
// and nothing is left behind. What it costs, `node test/hostile/run.ts` measures.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { suite, test } from 'node:test'
import { startGateway } from '../../src/gateway.ts'
import { hostileBundle } from './contract.ts'
import { corpus } from './corpus.ts'
import { type HostileInput, plainRequest } from './input.ts'
import { startUpstream } from './upstream.ts'

/** What the process may hold after all of it; the corpus itself is a third of that. */
const residentBytesMax = 1_500 * 1024 * 1024

suite('the hostile corpus', async () => {
  const bugs: unknown[] = []
  const upstream = await startUpstream()
  const open = async (door?: HostileInput['door']) => {
    const started = await startGateway({
      bundle: await hostileBundle(upstream.port, door),
      listen: [{ host: '127.0.0.1', port: 0 }],
      log: { access: 'off', redact: [] },
      workers: 0,
      bug: (error) => void bugs.push(error),
      warn: () => {},
    })
    assert.ok(!('problem' in started))
    return started
  }
  const gateway = await open()
  const announcedTo = await open('announced')

  for (const input of corpus()) {
    test(input.name, async () => {
      upstream.script = input.from === 'upstream' ? input.pieces : undefined
      const pieces =
        input.from === 'upstream' ? [Buffer.from(plainRequest(input.path))] : input.pieces
      const status = await statusOf((input.door === undefined ? gateway : announcedTo).port, pieces)
      const wanted = input.statuses.join(' or ')
      assert.ok(input.statuses.includes(status), `answered ${status}, not ${wanted}`)
      assert.deepEqual(bugs, [])
    })
  }

  test('leaves nothing behind', async () => {
    upstream.script = undefined
    assert.equal(await statusOf(gateway.port, [Buffer.from(plainRequest())]), 200)
    await Promise.all([gateway.close(), announcedTo.close()])
    upstream.close()
    assert.ok(process.memoryUsage().rss < residentBytesMax)
  })
})

/** Sends what it is given and reads to the end; 0 where no reply came. */
async function statusOf(port: number, pieces: readonly Buffer[]): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let received = ''
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    // Whoever floods us with replies is heard, not kept.
    if (received.length < 1_000) received += text
  })
  socket.on('error', () => {})
  // Not `once`: it would reject where the gateway resets the connection, which is an answer too.
  const closed = new Promise<void>((settle) => void socket.on('close', () => settle()))
  for (const piece of pieces) {
    if (socket.write(piece)) continue
    const drained = new Promise<void>((settle) => void socket.once('drain', () => settle()))
    await Promise.race([drained, closed])
  }
  socket.end()
  await closed
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0)
}
