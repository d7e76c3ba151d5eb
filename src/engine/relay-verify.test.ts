// Replies that policies look at: held until they are judged, watched as they stream, or judged in
// shadow; and requests that policies change or watch on their way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/raw-peer.ts'
import { refuse } from '../base.ts'
import type { BodyWatch, Exchange, Piece, VerifyStep } from '../http.ts'
import type { ExchangeRecord } from '../telemetry.ts'
import { ask, openRelay, reply } from './relay-for-tests.ts'
import type { LinkedVerify } from './reply-checks.ts'
import { compileRequestEdit } from './request-fields.ts'

const broken = refuse('UPSTREAM_INVALID_REPLY', undefined, { reason: 'it says bad' })

/** Holds a reply whole and refuses one that says `bad`. */
const whole =
  (bytesMax: number): VerifyStep =>
  () => ({
    check: {
      how: 'whole',
      bytesMax,
      body: (bytes) => (Buffer.from(bytes).includes('bad') ? broken : undefined),
    },
  })

const textOf = (piece: Piece): string =>
  typeof piece === 'string' ? piece : piece.toString('latin1')

/** Refuses the piece with `bad`, or an end without `end`. */
function watch(): BodyWatch {
  let seen = ''
  return {
    piece(piece) {
      seen += textOf(piece)
      return seen.includes('bad') ? broken : undefined
    },
    end: () => (seen.endsWith('end') ? undefined : broken),
  }
}

const watched: VerifyStep = () => ({ check: { how: 'watch', watch: watch() } })

const not203: VerifyStep = (_, { status }) => (status === 203 ? { refusal: broken } : undefined)

const boom = (): never => {
  throw new Error('boom')
}

const change = (exchange: Exchange): undefined => {
  exchange.path = '/b/c'
  exchange.upstreamHost = 'inside.test'
  exchange.setField('X-Own', 'yes')
  exchange.setField('X-Gone', undefined)
}

const by = (step: VerifyStep, isShadow = false): LinkedVerify => ({
  policy: 'checks',
  isShadow,
  step,
})

const policiesOf = ({ shadows }: ExchangeRecord): string[] => shadows.map(({ policy }) => policy)

const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

test('a good reply arrives as it was sent, however it is framed and looked at', async (t) => {
  const answers: [says: string, answer: string, finishes: boolean, want: RegExp][] = [
    ['a length', reply('good end'), false, /Content-Length: 8\r\n[^]*\r\n\r\ngood end$/],
    [
      'chunks',
      `${chunkedHead}4\r\ngood\r\n4\r\n end\r\n0\r\n\r\n`,
      false,
      /good[^]* end[^]*0\r\n\r\n$/,
    ],
    ['until close', 'HTTP/1.0 200 OK\r\n\r\ngood end', true, /good end[^]*0\r\n\r\n$/],
  ]
  for (const step of [whole(100), watched]) {
    for (const inShadow of [false, true]) {
      for (const [says, answer, finishes, want] of answers) {
        const relay = await openRelay(t, { steps: { verify: [by(step, inShadow)] } })
        const client = await relay.sent(ask('GET /a'))
        const upstream = await relay.endpoint.next()
        await upstream.until('\r\n\r\n')
        upstream.send(answer)
        if (finishes) upstream.finish()
        assert.match(await client.until(want), /^HTTP\/1\.1 200 OK/, says)
        const { status, shadows, replyBytes } = await relay.record()
        assert.deepEqual([status, shadows, replyBytes], [200, [], 8], says)
        assert.deepEqual(relay.bugs, [])
        await relay.close()
      }
    }
  }
})

test('a reply that is refused whole is a 502, nothing of it is sent, and its connection serves on', async (t) => {
  const relay = await openRelay(t, { steps: { verify: [by(whole(100))] } })
  const client = await relay.sent(ask('GET /a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply('something bad', 'X-Inside: 1'))
  const text = await client.until('}}')
  assert.match(text, /^HTTP\/1\.1 502 [^]*UPSTREAM_INVALID_REPLY/)
  assert.doesNotMatch(text, /X-Inside|something|says bad/)
  const { fault, reason, refusedBy, upstreamMs } = await relay.record()
  assert.deepEqual([fault, reason, refusedBy], ['UPSTREAM_INVALID_REPLY', 'it says bad', 'checks'])
  assert.equal(upstreamMs, 0)
  client.send(ask('GET /a'))
  await eventually(
    'the same connection is asked',
    () => upstream.received.split('GET').length === 3,
  )
  upstream.send(reply('good'))
  await client.until('good')
})

test('a reply that is refused by its head is a 502, and its body is left', async (t) => {
  const relay = await openRelay(t, { steps: { verify: [by(whole(100)), by(not203)] } })
  const client = await relay.sent(ask('GET /a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send('HTTP/1.1 203 Changed\r\nContent-Length: 5\r\n\r\nhello')
  assert.match(await client.until('}}'), /^HTTP\/1\.1 502 /)
})

test('a reply longer than the bound is a 502 where it is held, and streams on in shadow', async (t) => {
  const long = 'x'.repeat(200)
  const held = await openRelay(t, { steps: { verify: [by(whole(100))] } })
  const client = await held.sent(ask('GET /a'))
  const upstream = await held.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply(long))
  assert.match(await client.until('}}'), /^HTTP\/1\.1 502 /)
  assert.match((await held.record()).reason ?? '', /longer than 100 bytes/)
  const shadowed = await openRelay(t, { steps: { verify: [by(whole(100), true)] } })
  const other = await shadowed.sent(ask('GET /a'))
  const service = await shadowed.endpoint.next()
  await service.until('\r\n\r\n')
  service.send(reply(long))
  await other.until(long)
  assert.deepEqual(policiesOf(await shadowed.record()), ['checks'])
})

test('in shadow a bad reply streams through, is noted, and waits for nobody', async (t) => {
  for (const step of [whole(100), watched]) {
    const relay = await openRelay(t, { steps: { verify: [by(step, true)] } })
    const client = await relay.sent(ask('GET /a'))
    const upstream = await relay.endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(`${chunkedHead}3\r\nbad\r\n`)
    await client.until(/bad/)
    upstream.send('3\r\nend\r\n0\r\n\r\n')
    await client.until('0\r\n\r\n')
    const told = await relay.record()
    assert.deepEqual([told.status, policiesOf(told), told.fault], [200, ['checks'], undefined])
    await relay.close()
  }
})

test('a reply that is watched is cut before the piece that breaks it, or before its end', async (t) => {
  const rows: [says: string, pieces: string[], never: RegExp][] = [
    ['a piece', ['4\r\ngood\r\n', '3\r\nbad\r\n'], /bad/],
    ['the end', ['4\r\ngood\r\n', '0\r\n\r\n'], /0\r\n\r\n$/],
  ]
  for (const [says, pieces, never] of rows) {
    const relay = await openRelay(t, { steps: { verify: [by(watched)] } })
    const client = await relay.sent(ask('GET /a'))
    const upstream = await relay.endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(chunkedHead + pieces[0]!)
    await client.until(/good/)
    upstream.send(pieces[1]!)
    await eventually('the client is cut off', () => client.closed)
    assert.doesNotMatch(client.received, never, says)
    const { status, fault, refusedBy } = await relay.record()
    assert.deepEqual([status, fault, refusedBy], [200, 'UPSTREAM_INVALID_REPLY', 'checks'], says)
    await relay.close()
  }
})

test('who leaves while a reply is held, on either side, leaves nothing held', async (t) => {
  for (const leaves of ['client', 'upstream'] as const) {
    const relay = await openRelay(t, { steps: { verify: [by(whole(100))] } })
    const client = await relay.sent(ask('GET /a'))
    const upstream = await relay.endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(`${chunkedHead}4\r\ngood\r\n`)
    const { occupancy } = relay.runtime
    await eventually('it is held', () => occupancy.total('heldBytes') > 0)
    if (leaves === 'client') client.cut()
    else upstream.cut()
    const { fault } = await relay.record()
    assert.equal(fault, leaves === 'client' ? 'CLIENT_CLOSED' : 'UPSTREAM_CLOSED')
    if (leaves === 'upstream') assert.match(await client.until('}}'), /^HTTP\/1\.1 502 /)
    await relay.close()
  }
})

test('replies that have no room are refused where they must be held, and stream on in shadow', async (t) => {
  for (const inShadow of [false, true]) {
    const steps = { verify: [by(whole(100), inShadow)] }
    const relay = await openRelay(t, { limits: { heldBytesMax: 1_048_576 }, steps })
    const { occupancy } = relay.runtime
    occupancy.note('heldBytes', 1_048_576)
    const client = await relay.sent(ask('GET /a'))
    const upstream = await relay.endpoint.next()
    await upstream.until('\r\n\r\n')
    upstream.send(reply('hello bad'))
    await client.until(inShadow ? 'hello bad' : '}}')
    const { fault, shadows } = await relay.record()
    assert.deepEqual([fault, shadows], [inShadow ? undefined : 'OVERLOADED', []])
    occupancy.note('heldBytes', -1_048_576)
    await relay.close()
  }
})

test('a look that throws is a 500, and in shadow nobody notices', async (t) => {
  const looks: [says: string, step: VerifyStep][] = [
    ['at the head', boom],
    ['at the body', () => ({ check: { how: 'whole', bytesMax: 100, body: boom } })],
    ['at a piece', () => ({ check: { how: 'watch', watch: { piece: boom, end: boom } } })],
  ]
  for (const [says, step] of looks) {
    for (const inShadow of [false, true]) {
      const relay = await openRelay(t, { steps: { verify: [by(step, inShadow)] } })
      const client = await relay.sent(ask('GET /a'))
      const upstream = await relay.endpoint.next()
      await upstream.until('\r\n\r\n')
      upstream.send(reply('hello'))
      if (inShadow) await client.until('hello')
      else if (says !== 'at a piece') assert.match(await client.until('}}'), / 500 /, says)
      else await eventually('it is cut', () => client.closed)
      const { fault } = await relay.record()
      assert.equal(fault, inShadow ? undefined : 'INTERNAL_ERROR', says)
      assert.ok(relay.bugs.length > 0, says)
      await relay.close()
    }
  }
})

test('a request that streams is cut before the piece that a watch refuses, and never completed', async (t) => {
  const rows: [says: string, pieces: string[]][] = [
    ['a piece', ['4\r\ngood\r\n', '3\r\nbad\r\n']],
    ['the end', ['4\r\ngood\r\n', '0\r\n\r\n']],
  ]
  for (const [says, pieces] of rows) {
    const watches = [{ policy: 'looks', watch: () => watch() }]
    const relay = await openRelay(t, { steps: { watches } })
    const client = await relay.sent(ask('POST /a', 'Transfer-Encoding: chunked') + pieces[0]!)
    const upstream = await relay.endpoint.next()
    await upstream.until(/good/)
    client.send(pieces[1]!)
    assert.match(await client.until('}}'), /UPSTREAM_INVALID_REPLY/, says)
    await eventually('the upstream is cut', () => upstream.reset || upstream.closed)
    assert.doesNotMatch(upstream.received, /bad|0\r\n\r\n$/, says)
    assert.equal((await relay.record()).refusedBy, 'looks')
    await relay.close()
  }
})

test('steps change the path, the host and the fields of what is sent, and nothing else', async (t) => {
  const editLines = compileRequestEdit({ drop: ['x-debug'], set: ['X-Env', 'prod'] })
  const relay = await openRelay(t, { steps: { prepare: [change], editLines } })
  const fields = ['X-Debug: 1', 'x-keep:  as it came ', 'X-Gone: 1', 'X-Env: mine']
  const client = await relay.sent(ask('GET /a?q=1', ...fields))
  const upstream = await relay.endpoint.next()
  const [line, host, ...lines] = (await upstream.until('\r\n\r\n')).split('\r\n')
  assert.deepEqual([line, host], ['GET /b/c?q=1 HTTP/1.1', 'Host: inside.test'])
  assert.deepEqual(lines.slice(0, 3), ['x-keep:  as it came ', 'X-Env: prod', 'X-Own: yes'])
  upstream.send(reply('ok'))
  await client.until('ok')
})

test('a step that would break the message is a 500, and nothing is sent', async (t) => {
  const rows: [says: string, step: (exchange: Exchange) => undefined][] = [
    ['a path with a line break', (exchange) => void (exchange.path = '/a\r\nX: y')],
    ['a path with a query', (exchange) => void (exchange.path = '/a?b')],
    ['a host with a line break', (exchange) => void (exchange.upstreamHost = 'a\r\nX: y')],
    ['a value with a line break', (exchange) => exchange.setField('X-A', 'b\r\nX: y') as undefined],
    ['a length', (exchange) => exchange.setField('Content-Length', '7') as undefined],
  ]
  for (const [says, step] of rows) {
    const relay = await openRelay(t, { steps: { prepare: [step] } })
    const client = await relay.sent(ask('GET /a'))
    assert.match(await client.until('}}'), /^HTTP\/1\.1 500 /, says)
    assert.equal(relay.bugs.length, 1, says)
    await relay.close()
  }
})

test('a finish step sees the exchange whose reply it works on', async (t) => {
  const relay = await openRelay(t, {
    steps: {
      finish: [
        (answer, exchange) => {
          answer.headers.push(
            'X-Was',
            `${exchange.request.method} ${exchange.sentTo !== undefined}`,
          )
        },
      ],
    },
  })
  const client = await relay.sent(ask('GET /a'))
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(reply('ok'))
  assert.match(await client.until('ok'), /X-Was: GET true/)
})
