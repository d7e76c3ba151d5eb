// The readers that judge what the gateway sent: `node:http`, nginx and haproxy, the latter two from
// the system's packages, each a real process with a configuration made here. All of them listen on
// Unix sockets in one folder, so there is no port to choose.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type ReaderName = 'node' | 'nginx' | 'haproxy'

/** One reader: where it takes requests to read, and where it asks for replies to read. */
export interface Reader {
  readonly name: ReaderName
  /** Requests written here arrive at `recorderOf(name)`, as the reader understood them. */
  readonly requests: string
  /** Requests written here are answered by the player, as the reader understood its replies. */
  readonly replies: string
}

export interface Readers {
  readonly list: readonly Reader[]
  readonly playerPath: string
  recorderOf(name: ReaderName): string
  close(): void
}

const where = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }

const isThere = (program: string): boolean =>
  spawnSync(program, ['-v'], { env: where, stdio: 'ignore' }).error === undefined

const missing = ['nginx', 'haproxy'].filter((program) => !isThere(program))

/** To pass as `{ skip: readersAbsent }`. */
export const readersAbsent: string | false =
  missing.length > 0 && `not installed: ${missing.join(', ')} (apt-get install nginx haproxy)`

export async function startReaders(): Promise<Readers> {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-readers-'))
  const path = (name: string) => join(folder, `${name}.sock`)
  const nginxConf = join(folder, 'nginx.conf')
  const haproxyConf = join(folder, 'haproxy.cfg')
  writeFileSync(nginxConf, nginxText(folder, path))
  writeFileSync(haproxyConf, haproxyText(path))
  const children = [
    start('nginx', ['-e', join(folder, 'nginx.log'), '-c', nginxConf]),
    start('haproxy', ['-db', '-f', haproxyConf]),
  ]
  const player = path('player')
  const list: Reader[] = [
    { name: 'node', requests: path('record-node'), replies: player },
    { name: 'nginx', requests: path('nginx-requests'), replies: path('nginx-replies') },
    { name: 'haproxy', requests: path('haproxy-requests'), replies: path('haproxy-replies') },
  ]
  const close = () => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (const { name, requests } of list.slice(1)) await untilListening(name, requests)
  } catch (error) {
    close()
    throw error
  }
  return { list, playerPath: player, recorderOf: (name) => path(`record-${name}`), close }
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { env: where, stdio: ['ignore', 'ignore', 'inherit'] })
}

async function untilListening(name: string, path: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await connects(path)) return
    await new Promise((tryAgain) => setTimeout(tryAgain, 50))
  }
  throw new Error(`${name} did not start`)
}

function connects(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(path)
    socket.once('connect', () => socket.end(() => settle(true)))
    socket.once('error', () => settle(false))
  })
}

type PathOf = (name: string) => string

const nginxText = (folder: string, path: PathOf): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log crit;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_max_body_size 0;
  client_header_buffer_size 64k;
  large_client_header_buffers 8 128k;
  client_body_buffer_size 1m;
  proxy_http_version 1.1;
  proxy_next_upstream off;
  proxy_buffer_size 256k;
  proxy_buffers 8 256k;
  proxy_busy_buffers_size 512k;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  upstream recorder { server unix:${path('record-nginx')} max_fails=0; keepalive 8; keepalive_requests 1000000000; }
  upstream player { server unix:${path('player')} max_fails=0; keepalive 8; keepalive_requests 1000000000; }
  server { listen unix:${path('nginx-requests')}; location / { proxy_pass http://recorder; } }
  server { listen unix:${path('nginx-replies')}; location / { proxy_pass http://player; } }
}
`

const haproxyText = (path: PathOf): string => `
global
  nbthread 1
  maxconn 512
  tune.bufsize 262144
  tune.http.maxhdr 2000
defaults
  mode http
  retries 0
  timeout connect 10s
  timeout client 1h
  timeout server 10s
listen requests
  bind unix@${path('haproxy-requests')}
  server recorder unix@${path('record-haproxy')}
listen replies
  bind unix@${path('haproxy-replies')}
  server player unix@${path('player')}
`
