// A WebSocket of bytes, through a gateway of one test: the handshake of both ends and their frames,
// as latin1 text.
import type { TestContext } from 'node:test'
import { closeFrame, frameOf, opcodes } from '../http.ts'
import type { TunnelTerms } from '../policy.ts'
import { ask, openRelay, type RelayOptions } from './relay-for-tests.ts'

/** The example of RFC 6455 §1.3. */
export const key = 'dGhlIHNhbXBsZSBub25jZQ=='
export const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

export const upgrade = (...lines: string[]): string =>
  ask(
    'GET /a',
    'Connection: keep-alive, Upgrade',
    'Upgrade: WebSocket',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    ...lines,
  )

export const taken = (...lines: string[]): string =>
  [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Accept: ${accept}`,
    ...lines,
    '\r\n',
  ].join('\r\n')

export const terms: TunnelTerms = {
  protocol: 'websocket',
  pingMs: 0,
  idleTimeoutMs: 0,
  fragmentsMax: 100,
  controlFramesPerSecondMax: 50,
  client: {},
  server: {},
}

/** As `RelayOptions.steps` has it. */
export const tunnelSteps = (own: Partial<TunnelTerms> = {}, isShadow = false) => ({
  tunnel: { policy: 'websocket', at: 0, isShadow, terms: { ...terms, ...own } },
})

const mask = Uint8Array.of(1, 2, 3, 4)
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const bytesOf = (said: string): Uint8Array => Buffer.from(said, 'latin1')

/** What a client says, and what a service does. */
export const fromClient = {
  text: (said: string): string => textOf(frameOf(opcodes.text, bytesOf(said), mask)),
  ping: (said: string): string => textOf(frameOf(opcodes.ping, bytesOf(said), mask)),
  pong: (said: string): string => textOf(frameOf(opcodes.pong, bytesOf(said), mask)),
  close: (code: number, reason = ''): string => textOf(closeFrame(code, reason, mask)),
}

export const fromService = {
  text: (said: string): string => textOf(frameOf(opcodes.text, bytesOf(said))),
  ping: (said: string): string => textOf(frameOf(opcodes.ping, bytesOf(said))),
  close: (code: number, reason = ''): string => textOf(closeFrame(code, reason)),
}

/** Takes the mask off the one frame that text is, or that it ends with. */
export function unmasked(frames: string): string {
  const bytes = Buffer.from(frames, 'latin1')
  const length = bytes[1]! & 0x7f
  const plain = Buffer.from(bytes.subarray(6).map((byte, i) => byte ^ bytes[2 + (i & 3)]!))
  return `${String.fromCharCode(bytes[0]!, length)}${plain.toString('latin1')}`
}

/** Opens one; what came before its frames is forgotten on both sides. */
export async function openSocket(
  t: TestContext,
  own: Partial<TunnelTerms> = {},
  options: RelayOptions & { readonly isShadow?: boolean; readonly lines?: string[] } = {},
) {
  const { isShadow = false, lines = [], ...rest } = options
  const relay = await openRelay(t, { steps: tunnelSteps(own, isShadow), ...rest })
  const client = await relay.sent(upgrade())
  const upstream = await relay.endpoint.next()
  await upstream.until('\r\n\r\n')
  upstream.send(taken(...lines))
  await client.until('\r\n\r\n')
  client.received = ''
  upstream.received = ''
  return { ...relay, client, upstream }
}
