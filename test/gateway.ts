// A gateway in this thread, from texts: for tests that ask it over a socket.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { compileText } from '../src/control/testing.ts'
import { startGateway } from '../src/gateway.ts'
import { encodeSnapshot } from '../src/snapshot.ts'

export interface GatewayTexts {
  readonly contract: string
  readonly config?: string
  readonly to: readonly string[]
}

export function bundleOf({ contract, config, to }: GatewayTexts): Uint8Array {
  const { plan, said } = compileText(contract, config, to)
  if (plan === undefined) throw new Error(said.join('\n'))
  return encodeSnapshot(plan)
}

/** Gives the port; the gateway ends with the test. */
export async function gatewayOf(t: TestContext, texts: GatewayTexts): Promise<number> {
  const gateway = await startGateway({
    bundle: bundleOf(texts),
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: 0,
    log: { access: 'off', redact: [] },
  })
  if ('problem' in gateway) throw new Error(gateway.problem)
  t.after(() => gateway.close())
  return gateway.port
}

/**
 * Sends a request line, fields and a body, and gives all that comes back. A `Host`,
 * where there is none, and `Connection: close` are added; a body needs its length among the fields.
 */
export async function exchanged(port: number, head: string[], body = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const [line, ...fields] = head
  const host = fields.some((field) => field.startsWith('Host:')) ? [] : ['Host: api.test']
  const lines = [`${line} HTTP/1.1`, ...host, 'Connection: close', ...fields]
  let text = ''
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece
  })
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  await once(socket, 'close')
  return text
}

/** `Name: value` of every field of a reply, as it came. */
export function fieldsIn(reply: string): string[] {
  return reply.slice(0, reply.indexOf('\r\n\r\n')).split('\r\n').slice(1)
}
