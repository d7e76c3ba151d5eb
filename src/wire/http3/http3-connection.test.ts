import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, framesIn, head, opened, section, sectionIn } from './http3-for-tests.ts'

const settings = Buffer.from([0, 4, 0])
const control = 2

test('a request is read, and its reply is sent in one piece', async () => {
  const { connection, quic, served } = opened()
  connection.bytes(0, head('GET', '/notes?x=1', ['x-a', '1']), true)
  const { stream } = served[0]!
  assert.equal(stream.head.method, 'GET')
  assert.equal(stream.head.path, '/notes')
  assert.equal(stream.head.query, 'x=1')
  assert.equal(stream.head.host, 'api.test')
  assert.equal(stream.head.version, '3')
  assert.equal(stream.head.bodyLength, 'none')
  assert.equal(stream.forwardable, 'x-a: 1\r\n')
  stream.sendHead('200 OK', 'Content-Length: 2\r\nConnection: close\r\n', 2)
  stream.sendPiece('ok')
  stream.sendEnd([])
  await Promise.resolve()
  const [first, body, ...others] = quic.frames(0)
  assert.deepEqual(sectionIn(first!.payload), { status: '200', text: 'content-length: 2\r\n' })
  assert.equal(body!.payload.toString(), 'ok')
  assert.deepEqual(others, [])
  assert.ok(quic.ended.has(0))
})

test('cut at every byte a request with a body and trailers reads the same', () => {
  const whole = Buffer.concat([
    frame(0x21, 'grease'),
    head('POST', '/', ['content-length', '6']),
    frame(0, 'abc'),
    frame(0x40, ''),
    frame(0, 'def'),
    frame(1, section(['x-sum', '7'])),
  ])
  for (let cut = 0; cut <= whole.length; cut++) {
    const { connection, served, quic } = opened()
    connection.bytes(0, whole.subarray(0, cut), false)
    served[0]?.stream.readBody()
    connection.bytes(0, whole.subarray(cut), true)
    served[0]!.stream.readBody()
    assert.equal(served[0]!.body, 'abcdef', `cut at ${cut}`)
    assert.deepEqual(served[0]!.trailers, ['x-sum', '7'])
    assert.equal(quic.code, undefined)
  }
})

test('interim replies, a streamed body and trailers go out in order', async () => {
  const { connection, quic, served } = opened()
  connection.bytes(0, head('POST', '/', ['expect', '100-continue']), false)
  const { stream } = served[0]!
  stream.readBody()
  stream.sendInterim('103 Early Hints', 'Link: </a>\r\n')
  stream.sendHead('200 OK', '', 'streamed')
  await Promise.resolve()
  stream.sendPiece(Buffer.from('a'))
  stream.sendPiece('b')
  stream.sendEnd(['x-sum', '2'])
  const sent = quic.frames(0).map(({ type, payload }) => {
    if (type === 0) return payload.toString()
    const { status, text } = sectionIn(payload)
    return status ?? text
  })
  assert.deepEqual(sent, ['100', '103', '200', 'a', 'b', 'x-sum: 2\r\n'])
})

test('requests come in any order, and what is late for one that is over is dropped', () => {
  const { connection, served } = opened()
  for (const id of [8, 0, 4]) connection.bytes(id, head('GET', `/${id}`), true)
  assert.deepEqual(
    served.map(({ stream }) => stream.head.path),
    ['/8', '/0', '/4'],
  )
  served[1]!.stream.sendHead('204 No Content', '', 'none')
  served[1]!.stream.sendEnd([])
  connection.bytes(0, head('GET', '/late'), true)
  assert.equal(served.length, 3)
})

test('a body that nobody reads holds the client back until it is read', () => {
  const { connection, quic, served } = opened()
  connection.bytes(0, head('POST', '/'), false)
  const piece = Buffer.alloc(64 * 1024, 'x')
  for (let i = 0; i < 5; i++) connection.bytes(0, frame(0, piece), false)
  assert.equal(quic.isHeld, true)
  served[0]!.stream.readBody()
  assert.equal(quic.isHeld, false)
  assert.equal(served[0]!.body.length, 5 * piece.length)
})

test('who is told that there is no room hears when there is', async () => {
  const { connection, quic, served } = opened()
  connection.bytes(0, head('GET', '/'), true)
  const { stream } = served[0]!
  stream.sendHead('200 OK', '', 'streamed')
  quic.hasRoom = false
  assert.equal(stream.sendPiece('a'), false)
  quic.hasRoom = true
  connection.writable()
  assert.equal(served[0]!.writable, 1)
  assert.equal(stream.sendPiece('b'), true)
})

test('a reply that is cut is reset, one that the client gave up is told', () => {
  const { connection, quic, served } = opened()
  connection.bytes(0, head('GET', '/'), true)
  connection.bytes(4, head('POST', '/'), false)
  served[0]!.stream.cut()
  assert.equal(quic.resets.get(0), 0x102)
  connection.broken(4, 'it has gone')
  assert.equal(served[1]!.gone, 'CLIENT_CLOSED it has gone')
})

test('lengths that lie are refused, too long at once and too short at the end', () => {
  for (const [says, body] of [
    ['longer', 'abcd'],
    ['shorter', 'ab'],
  ] as const) {
    const { connection, served } = opened()
    connection.bytes(0, head('POST', '/', ['content-length', '3']), false)
    served[0]!.stream.readBody()
    connection.bytes(0, frame(0, body), says === 'shorter')
    assert.equal(served[0]!.broken?.code, 'MALFORMED_REQUEST')
    assert.match(served[0]!.broken?.reason ?? '', new RegExp(says))
  }
})

test('heads that break a rule are answered, and the connection goes on', () => {
  const pseudo = [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'api.test'],
    [':path', '/'],
  ] as const
  const without = (name: string) => pseudo.filter(([one]) => one !== name)
  const cases: [says: string, fields: Parameters<typeof section>, code: string][] = [
    ['no method', without(':method'), 'MALFORMED_REQUEST'],
    ['no scheme', without(':scheme'), 'MALFORMED_REQUEST'],
    ['no path', without(':path'), 'MALFORMED_REQUEST'],
    ['no host at all', without(':authority'), 'MALFORMED_REQUEST'],
    ['a method twice', [...pseudo, [':method', 'PUT']], 'MALFORMED_REQUEST'],
    ['a pseudo-field behind others', [['a', 'b'], ...pseudo], 'MALFORMED_REQUEST'],
    ['a pseudo-field of replies', [...pseudo, [':status', '200']], 'MALFORMED_REQUEST'],
    ['another host', [...pseudo, ['host', 'evil.test']], 'MALFORMED_REQUEST'],
    ['a blank in the path', [...without(':path'), [':path', '/a b']], 'MALFORMED_REQUEST'],
    ['a line end in a value', [...pseudo, ['x', 'a\r\nb: c']], 'MALFORMED_REQUEST'],
    ['Connection', [...pseudo, ['connection', 'close']], 'MALFORMED_REQUEST'],
    ['Transfer-Encoding', [...pseudo, ['transfer-encoding', 'chunked']], 'MALFORMED_REQUEST'],
    ['a length that is none', [...pseudo, ['content-length', '+1']], 'MALFORMED_REQUEST'],
    ['too long a target', [...without(':path'), [':path', `/${'x'.repeat(9000)}`]], 'URI_TOO_LONG'],
    ['too many bytes', [...pseudo, ['x', 'y'.repeat(20_000)]], 'HEADERS_TOO_LARGE'],
    ['far too many bytes', [...pseudo, ['x', 'y'.repeat(60_000)]], 'HEADERS_TOO_LARGE'],
  ]
  for (const [says, fields, code] of cases) {
    const { connection, quic, served } = opened()
    connection.bytes(0, frame(1, section(...fields)), true)
    assert.equal(served[0]?.refusal?.code, code, says)
    assert.equal(quic.code, undefined, says)
    connection.bytes(4, head('GET', '/'), true)
    assert.equal(served[1]?.refusal, undefined, says)
  }
})

test('who announces much and sends little takes no memory, and is answered', () => {
  const { connection, served } = opened()
  connection.bytes(0, Buffer.from('0180ffffff', 'hex'), false)
  assert.equal(served[0]?.refusal?.code, 'HEADERS_TOO_LARGE')
})

test('what nobody could understand ends the connection, each with its code', () => {
  const cases: [says: string, id: number, bytes: Buffer, isLast: boolean, code: number][] = [
    ['DATA first', 0, frame(0, 'x'), false, 0x105],
    ['SETTINGS on a request', 0, frame(4, ''), false, 0x105],
    ['a frame of HTTP/2', 0, frame(6, ''), false, 0x105],
    ['a push', 0, frame(5, ''), false, 0x105],
    ['a section that cannot be decoded', 0, frame(1, '\x02\x00'), true, 0x200],
    ['a frame cut off', 0, head('GET', '/').subarray(0, 9), true, 0x106],
    [
      'three sections',
      0,
      Buffer.concat([head('GET', '/'), frame(1, section()), frame(1, section())]),
      true,
      0x105,
    ],
    ['no SETTINGS first', control, Buffer.from([0, 0x0d, 1, 0]), false, 0x10a],
    ['SETTINGS twice', control, Buffer.concat([settings, settings.subarray(1)]), false, 0x105],
    ['a setting of HTTP/2', control, Buffer.from([0, 4, 2, 4, 1]), false, 0x109],
    ['a setting twice', control, Buffer.from([0, 4, 4, 6, 1, 6, 1]), false, 0x109],
    ['a setting cut off', control, Buffer.from([0, 4, 1, 6]), false, 0x109],
    ['a request among control', control, Buffer.concat([settings, frame(1, 'x')]), false, 0x105],
    ['control that ends', control, settings, true, 0x104],
    ['a push of a client', control, Buffer.from([1]), false, 0x103],
    ['an entry for no table', control, Buffer.from([2, 0x4a, 1]), false, 0x201],
  ]
  for (const [says, id, bytes, isLast, code] of cases) {
    const { connection, quic } = opened()
    connection.bytes(id, bytes, isLast)
    assert.equal(quic.code, code, says)
  }
})

test('a second stream of control ends the connection, one of nobody is refused alone', () => {
  const { connection, quic } = opened()
  connection.bytes(2, settings, false)
  connection.bytes(14, Buffer.from([0x40, 0x54, 1, 2, 3]), false)
  assert.deepEqual([...quic.resets], [[14, 0x103]])
  assert.equal(quic.code, undefined)
  connection.bytes(6, settings, false)
  assert.equal(quic.code, 0x103)
})

test('SETTINGS say what is taken: heads so large, and CONNECT for other protocols', () => {
  const { quic } = opened()
  const bytes = Buffer.concat(quic.sent.get(3)!)
  assert.equal(bytes[0], 0)
  const [first] = framesIn(bytes.subarray(1))
  assert.equal(first!.type, 4)
  assert.deepEqual([...first!.payload], [6, 0x80, 0, 0x40, 0, 8, 1])
})

test('draining says so, serves what comes, and the last reply ends the connection', () => {
  const { connection, quic, served } = opened()
  connection.bytes(0, head('GET', '/'), true)
  connection.drain()
  connection.bytes(4, head('GET', '/'), true)
  assert.equal(served.length, 2)
  connection.closeSoon()
  connection.bytes(8, head('GET', '/'), true)
  assert.equal(served.length, 2)
  assert.equal(quic.resets.get(8), 0x10b)
  const goaways = framesIn(Buffer.concat(quic.sent.get(3)!).subarray(1)).filter(
    ({ type }) => type === 7,
  )
  assert.deepEqual([...goaways[1]!.payload], [8])
  for (const { stream } of served) {
    assert.equal(quic.code, undefined)
    stream.sendHead('204 No Content', '', 'none')
    stream.sendEnd([])
  }
  assert.equal(quic.code, 0x100)
})

test('floods that move nothing end the connection', () => {
  const floods: [says: string, send: (one: ReturnType<typeof opened>, i: number) => void][] = [
    [
      'requests given up',
      ({ connection }, i) => {
        connection.bytes(4 * i, head('POST', '/'), false)
        connection.broken(4 * i, 'gone')
      },
    ],
    ['frames of control', ({ connection }) => connection.bytes(2, frame(0x21, ''), false)],
    [
      'streams of nobody',
      ({ connection }, i) => connection.bytes(18 + 4 * i, Buffer.from([0x21, 1]), false),
    ],
    ['empty DATA', ({ connection }) => connection.bytes(0, frame(0, ''), false)],
  ]
  for (const [says, send] of floods) {
    const one = opened()
    one.connection.bytes(2, settings, false)
    if (says === 'empty DATA') one.connection.bytes(0, head('POST', '/'), false)
    for (let i = 0; i < 5_000 && one.quic.code === undefined; i++) send(one, i)
    assert.equal(one.quic.code, 0x107, says)
  }
})

test('time is up for handshakes, heads, bodies, bodies behind a reply, and connections at rest', () => {
  const { connection, quic, served, clock } = opened({
    headTimeoutMs: 1_000,
    idleTimeoutMs: 60_000,
  })
  connection.bytes(0, Buffer.from([1, 10]), false)
  clock.advance(1_500)
  assert.equal(quic.resets.get(0), 0x10b)
  connection.bytes(4, head('POST', '/'), false)
  served[0]!.stream.readBody()
  clock.advance(40_000)
  assert.equal(served[0]!.broken?.code, 'REQUEST_TIMEOUT')
  served[0]!.stream.sendHead('408 Request Timeout', '', 'none')
  served[0]!.stream.sendEnd([])
  clock.advance(3_000)
  assert.equal(quic.resets.get(4), 0x100)
  clock.advance(61_000)
  assert.equal(quic.code, 0x100)
})

test('CONNECT for a WebSocket is an upgrade, and its bytes go both ways', async () => {
  const { connection, quic, served } = opened()
  const asked = section(
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', 'https'],
    [':authority', 'api.test'],
    [':path', '/feed'],
  )
  connection.bytes(0, frame(1, asked), false)
  const { stream } = served[0]!
  assert.deepEqual([stream.head.method, stream.head.upgrade], ['GET', 'websocket'])
  stream.sendHead('101 Switching Protocols', 'Sec-WebSocket-Accept: x\r\n', 'tunnel')
  await Promise.resolve()
  stream.readBody()
  connection.bytes(0, frame(0, 'ping'), false)
  stream.sendPiece('pong')
  assert.equal(served[0]!.body, 'ping')
  const [first, second] = quic.frames(0)
  assert.deepEqual(sectionIn(first!.payload), { status: '200', text: '' })
  assert.equal(second!.payload.toString(), 'pong')
  connection.bytes(0, Buffer.alloc(0), true)
  assert.deepEqual(served[0]!.trailers, [])
})
