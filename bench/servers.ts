// The servers of the bench: nginx as the service, Concordat, or a bare script in its place
// (rivals.ts has the others). Everything on 127.0.0.1, on ports that were free a moment before.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Case } from './cases.ts'
import { gatewayCore, loadCore, start } from './processes.ts'
import type { Started, StartOptions } from './processes.ts'
import { freePorts } from '../test/free-ports.ts'

export interface Server {
  readonly name: string
  readonly port: number
  readonly started: Started
}

const readyMsDefault = 20_000

/** The 158 bytes with which the service answers everything. */
export const reply =
  '{"messageId":"msg_a1b2c3","channelId":"ch_x9y8z7","senderId":"usr_p4q5r6",' +
  '"content":"Hello, world!","type":"text","createdAt":"2026-03-12T10:30:00.00000000Z"}'

/** A folder for one run, gone when the bench ends however it ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'concordat-bench-'))
  // nginx's worker runs as another user when the bench runs as root.
  chmodSync(folder, 0o755)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function startUpstream(folder: string): Promise<Server> {
  const [port = 0] = await freePorts(1)
  const dir = join(folder, 'upstream')
  mkdirSync(dir)
  writeFileSync(join(dir, 'large'), largeReply())
  const config = join(dir, 'nginx.conf')
  writeFileSync(config, filled('upstream.conf', { port, reply, dir }))
  const args = ['-p', dir, '-e', 'stderr', '-c', config]
  return ready({ name: 'upstream', port, started: start('nginx', args, { core: loadCore }) })
}

/** 64 kB of JSON. */
export function largeReply(): string {
  const opening = '{"messages":['
  const text = opening + `${reply},`.repeat(65_536 / reply.length)
  return `${text.slice(0, 65_536 - 3)}"]}`
}

/** A file beside this one with what stands there in double braces filled in. */
export function filled(template: string, words: Readonly<Record<string, string | number>>): string {
  const text = readFileSync(join(import.meta.dirname, template), 'utf8')
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, word: string) => {
    const value = words[word]
    if (value === undefined) throw new Error(`${template} asks for {{${word}}}`)
    return String(value)
  })
}

export interface ConcordatOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly core?: StartOptions['core']
  readonly workers?: number
  readonly readyMsMax?: number
}

/** Concordat as it is run from a checkout, with a contract and a configuration of the bench's. */
export async function startConcordat(
  folder: string,
  written: Written,
  upstreamPort: number,
  options: ConcordatOptions = {},
): Promise<Server> {
  const { env, core = gatewayCore, workers } = options
  const [port = 0, adminPort = 0] = await freePorts(2)
  const configFile = writeConfiguration(folder, written)
  const args = [...concordatRun({ upstreamPort, port, adminPort }), '--config', configFile]
  if (workers !== undefined) args.push('--workers', String(workers))
  const started = start(process.execPath, args, { core, env: { XDG_CACHE_HOME: folder, ...env } })
  return ready({ name: 'Concordat', port, started }, options.readyMsMax)
}

export type Written = Pick<Case, 'name' | 'contract' | 'config'>

/** Writes a configuration and its contract to a folder of their own; returns the former's path. */
export function writeConfiguration(folder: string, { name, contract, config }: Written): string {
  const dir = mkdtempSync(join(folder, `${name}-`))
  const configFile = join(dir, 'concordat.yaml')
  writeFileSync(join(dir, 'openapi.json'), JSON.stringify(contract()))
  writeFileSync(configFile, JSON.stringify({ contract: 'openapi.json', ...config }))
  return configFile
}

export interface Ports {
  readonly upstreamPort: number
  readonly port: number
  readonly adminPort: number
}

/** What `node` is given to run Concordat. */
export function concordatRun({ upstreamPort, port, adminPort }: Ports): string[] {
  const program = join(import.meta.dirname, '..', 'bin', 'concordat')
  const ports = ['--port', String(port), '--admin-port', String(adminPort)]
  return [program, 'run', '--to', `http://127.0.0.1:${upstreamPort}`, ...ports]
}

/** A script that relays by itself, told its ports in PORT and UPSTREAM_PORT. */
export async function startScript(
  file: string,
  upstreamPort: number,
  env: Readonly<Record<string, string>>,
): Promise<Server> {
  const [port = 0] = await freePorts(1)
  const ports = { PORT: String(port), UPSTREAM_PORT: String(upstreamPort) }
  const started = start(process.execPath, [file], {
    core: gatewayCore,
    env: { ...ports, ...env },
  })
  return ready({ name: 'script', port, started })
}

/** Waits until it takes connections; stops it where it does not. */
export async function ready<Kind extends Server>(
  server: Kind,
  readyMsMax = readyMsDefault,
): Promise<Kind> {
  const giveUpMs = performance.now() + readyMsMax
  while (!(await accepts(server.port))) {
    if (server.started.child.exitCode !== null || performance.now() > giveUpMs) {
      await server.started.stop()
      throw new Error(`${server.name} did not come up: ${server.started.said()}`)
    }
    await wait(10)
  }
  return server
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    const answer = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
  })
