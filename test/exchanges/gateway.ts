// The gateway of the exchanges: one contract, in plain and with TLS, in front of one service.
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { compileText } from '../../src/control/testing.ts'
import { startGateway } from '../../src/gateway.ts'
import { encodeSnapshot } from '../../src/snapshot.ts'
import { makeAuthority, makeCertificate } from '../certificates.ts'
import type { Where } from './clients.ts'

const streamed = (name: string) => `
  ${name}:
    get: { responses: { default: { description: any } } }
    post:
      requestBody: { content: { application/octet-stream: {} } }
      responses: { default: { description: any } }`

const paths = [
  '/echo',
  '/sized',
  '/none',
  '/unchanged',
  '/hinted',
  '/large',
  '/begun',
  '/deaf',
  '/early',
  '/silent',
  '/breaks-before',
  '/breaks-within',
]

const contract = `openapi: 3.1.0
info: { title: Exchanges, version: '1' }
paths:${paths.map(streamed).join('')}
`

/** `http3`: on UDP too, by the package for it. */
export async function openGateway(
  t: TestContext,
  to: string,
  config = '',
  http3 = false,
): Promise<Where> {
  const issuer = makeAuthority()
  const { cert, key } = makeCertificate({ names: ['localhost', 'api.test'], issuer })
  const { plan, said } = compileText(contract, `audience: internal\n${config}`, [to])
  if (plan === undefined) throw new Error(said.join('\n'))
  const here = { host: '127.0.0.1', port: 0 }
  const secure = http3
    ? { tls: true as const, http3: { host: '127.0.0.1' } }
    : { tls: true as const }
  const gateway = await startGateway({
    bundle: encodeSnapshot({ ...plan, listeners: [{}, secure] }),
    listen: [here, here],
    material: {
      certificates: [{ names: ['localhost', 'api.test'], cert, key }],
      ticketKeys: randomBytes(48),
      challenges: [],
      answers: [],
    },
    workers: 0,
    log: { access: 'off', redact: [] },
  })
  if ('problem' in gateway) throw new Error(gateway.problem)
  t.after(() => gateway.close(0))
  const [port = 0, tlsPort = 0] = gateway.ports
  return { port, tlsPort, ca: issuer.cert }
}
