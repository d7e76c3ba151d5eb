// The gateways that Concordat is measured beside, each a plain relay on the same core. nginx must be
// there; haproxy and Caddy are left out where they are not installed.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gatewayCore, start } from './processes.ts'
import { freePorts } from '../test/free-ports.ts'
import { filled, ready } from './servers.ts'
import type { Server } from './servers.ts'

export type RivalName = 'nginx' | 'haproxy' | 'Caddy'

export interface Rival extends Server {
  readonly name: RivalName
}

interface Program {
  readonly command: string
  /** A file beside this one; what stands there in double braces is filled in. */
  readonly template: string
  readonly args: (config: string, dir: string) => string[]
  readonly env: (dir: string) => Record<string, string>
}

const none = () => ({})

const programs: Readonly<Record<RivalName, Program>> = {
  nginx: {
    command: 'nginx',
    template: 'nginx.conf',
    args: (config, dir) => ['-p', dir, '-e', 'stderr', '-c', config],
    env: none,
  },
  haproxy: {
    command: 'haproxy',
    template: 'haproxy.cfg',
    args: (config) => ['-db', '-f', config],
    env: none,
  },
  Caddy: {
    command: 'caddy',
    template: 'Caddyfile',
    args: (config) => ['run', '--adapter', 'caddyfile', '--config', config],
    env: (dir) => ({ GOMAXPROCS: '1', XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }),
  },
}

export const commandOf = (name: RivalName): string => programs[name].command

/** nginx's two ways with bodies and replies: gathering them in buffers, or passing each piece on. */
export type Buffering = 'on' | 'off'

export async function startRival(
  name: RivalName,
  folder: string,
  upstreamPort: number,
  buffering: Buffering = 'on',
): Promise<Rival> {
  const { command, template, args, env } = programs[name]
  const [port = 0] = await freePorts(1)
  const dir = join(folder, `${command}-${port}`)
  mkdirSync(dir)
  const config = join(dir, template)
  writeFileSync(config, filled(template, { port, upstreamPort, buffering, dir }))
  const started = start(command, args(config, dir), { core: gatewayCore, env: env(dir) })
  return ready({ name, port, started })
}
