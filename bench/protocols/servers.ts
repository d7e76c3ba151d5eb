// The services and gateways of the protocol cases: each gateway listens in plain and with TLS, in
// front of one service.
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../test/free-ports.ts'
import { makeCertificate } from '../../test/certificates.ts'
import { quiet, relayOnly } from '../cases.ts'
import { gatewayCore, loadCore, start } from '../processes.ts'
import type { RivalName } from '../rivals.ts'
import { filled, largeReply, ready, reply, type Server } from '../servers.ts'
import type { ProtocolCase } from './cases.ts'
import { eventsContract, smallContract, socketContract } from './contracts.ts'

/** A gateway with its two ports; `port` is the plain one. */
export interface Front extends Server {
  readonly tlsPort: number
}

export interface Services {
  readonly http1: number
  readonly http2: number
  readonly live: number
  /** A file with one framed message of gRPC. */
  readonly message: string
  readonly stop: () => Promise<void>
}

const template = (name: string): string => join('protocols', name)

export async function startServices(folder: string): Promise<Services> {
  const [port = 0, http2Port = 0, live = 0] = await freePorts(3)
  const dir = mkdtempSync(join(folder, 'services-'))
  // nginx's worker runs as another user when the bench runs as root.
  chmodSync(dir, 0o755)
  const message = join(dir, 'message')
  writeFileSync(message, framedMessage())
  writeFileSync(join(dir, 'large'), largeReply())
  const config = join(dir, 'nginx.conf')
  writeFileSync(config, filled(template('upstream.conf'), { port, http2Port, reply, dir }))
  const args = ['-p', dir, '-e', 'stderr', '-c', config]
  const fixed = start('nginx', args, { core: loadCore })
  await ready({ name: 'service', port, started: fixed })
  const script = join(import.meta.dirname, 'live-service.ts')
  const streams = start(process.execPath, [script, String(live)], { core: loadCore })
  await ready({ name: 'live service', port: live, started: streams })
  const stop = async () => {
    await fixed.stop()
    await streams.stop()
  }
  return { http1: port, http2: http2Port, live, message, stop }
}

/** A message of two texts: 132 bytes behind the five that frame it. */
function framedMessage(): Buffer {
  const texts = ['x'.repeat(32), 'y'.repeat(96)]
  const fields = texts.map((text, at) =>
    Buffer.from([((at + 1) << 3) | 2, text.length, ...Buffer.from(text)]),
  )
  const message = Buffer.concat(fields)
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

const portOf = (one: ProtocolCase, services: Services): number =>
  services[one.upstream === 'grpc' ? 'http2' : one.upstream]

const speaksHttp2 = ({ upstream }: ProtocolCase): boolean =>
  upstream === 'http2' || upstream === 'grpc'

/** A certificate on P-256, as all of them are given it. */
function writeCertificate(dir: string): void {
  const { cert, key } = makeCertificate({ names: ['localhost', '127.0.0.1'] })
  writeFileSync(join(dir, 'cert.pem'), cert)
  writeFileSync(join(dir, 'key.pem'), key, { mode: 0o600 })
  writeFileSync(join(dir, 'both.pem'), cert + key, { mode: 0o600 })
}

export async function startFront(
  name: RivalName,
  one: ProtocolCase,
  services: Services,
  folder: string,
): Promise<Front> {
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const dir = join(folder, `${one.name}-${name}-${port}`)
  mkdirSync(dir)
  writeCertificate(dir)
  const isNginx = name === 'nginx'
  const file = isNginx ? 'nginx.conf' : 'haproxy.cfg'
  const words = {
    dir,
    port,
    tlsPort,
    upstreamPort: portOf(one, services),
    // nginx speaks HTTP/2 to services by its module for gRPC alone.
    pass: speaksHttp2(one) ? 'grpc_pass grpc' : 'proxy_pass http',
    proto: speaksHttp2(one) ? 'proto h2' : '',
  }
  const config = join(dir, file)
  writeFileSync(config, filled(template(file), words))
  const args = isNginx ? ['-p', dir, '-e', 'stderr', '-c', config] : ['-db', '-f', config]
  const started = start(isNginx ? 'nginx' : 'haproxy', args, { core: gatewayCore })
  return ready({ name, port, tlsPort, started })
}

export async function startOurs(
  one: ProtocolCase,
  services: Services,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Front> {
  const [port = 0, tlsPort = 0, adminPort = 0] = await freePorts(3)
  const dir = join(folder, `${one.name}-ours-${port}`)
  mkdirSync(dir)
  writeCertificate(dir)
  const contract = writeContract(one, dir)
  const certificates = [{ cert: 'cert.pem', key: 'key.pem' }]
  const config = {
    ...(one.upstream === 'live' ? quiet : relayOnly),
    contract,
    listen: one.upstream === 'live' ? { port } : { port: tlsPort, tls: { certificates } },
    admin: { port: adminPort },
    // One address stands for many clients here.
    limits: { liveStreamsPerAddressMax: 10_000, requestsPerConnectionMax: 1_000_000_000 },
  }
  const configFile = join(dir, 'concordat.yaml')
  writeFileSync(configFile, JSON.stringify(config))
  const program = join(import.meta.dirname, '..', '..', 'bin', 'concordat')
  const to = `${speaksHttp2(one) ? 'h2c' : 'http'}://127.0.0.1:${portOf(one, services)}`
  const args = [program, 'run', '--to', to, '--config', configFile]
  const started = start(process.execPath, args, {
    core: gatewayCore,
    env: { XDG_CACHE_HOME: folder, ...env },
  })
  const listening = one.upstream === 'live' ? port : tlsPort
  await ready({ name: 'Concordat', port: listening, started })
  return { name: 'Concordat', port, tlsPort, started }
}

/** The file's name, beside the configuration. */
function writeContract(one: ProtocolCase, dir: string): string {
  if (one.upstream === 'grpc') {
    return join(import.meta.dirname, '..', '..', 'examples', 'chat', 'chat.binpb')
  }
  const contracts = {
    events: eventsContract,
    sockets: socketContract,
    wrk: smallContract,
    h2load: smallContract,
  }
  const document = contracts[one.load]()
  writeFileSync(join(dir, 'openapi.json'), JSON.stringify(document))
  return 'openapi.json'
}
