// What the figures were measured on, and whether everything that is needed is there.
import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { pathWithSbin } from './processes.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
  readonly nginx: string
  /** Undefined where it is not installed. */
  readonly haproxy: string | undefined
  readonly caddy: string | undefined
  readonly wrk: string
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    nginx: versionIn(said('nginx', ['-v'])) ?? 'unknown',
    haproxy: versionIn(said('haproxy', ['-v'])),
    caddy: versionIn(said('caddy', ['version'])),
    wrk: versionIn(said('wrk', ['-v'])) ?? 'unknown',
  }
}

const packages: Readonly<Record<string, string>> = {
  nginx: 'nginx',
  wrk: 'wrk',
  taskset: 'util-linux',
  chrt: 'util-linux',
  timeout: 'coreutils',
}

/** What is missing for the bench to run, as a sentence; undefined where nothing is. */
export function missing(): string | undefined {
  if (process.platform !== 'linux') return 'The bench reads /proc and pins cores: it needs Linux.'
  if (cpus().length < 2) return 'The bench needs two cores: one for the gateway, one for the load.'
  const absent = Object.keys(packages).filter((command) => said(command, ['-v']) === undefined)
  if (absent.length === 0) return undefined
  const wanted = [...new Set(absent.map((command) => packages[command]))].join(' ')
  return `Not found: ${absent.join(', ')}. On Debian: apt-get install ${wanted}`
}

/** What a command prints; undefined where there is no such command. */
function said(command: string, args: readonly string[]): string | undefined {
  const env = { ...process.env, PATH: pathWithSbin() }
  const { error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    timeout: 5000,
  })
  return error === undefined ? stdout + stderr : undefined
}

const versionIn = (text: string | undefined): string | undefined =>
  /\d+\.\d+(?:\.\d+)?/.exec(text ?? '')?.[0]

/** Whether there is such a command; it need not be there for the bench to run. */
export const installed = (command: string): boolean => said(command, ['version']) !== undefined
